//! Servers killed with SIGKILL at random while jobs run and people submit, hold and kill; then everything
//! that was acknowledged is looked for.
//!
//! Five rounds here. `FRAMEFARM_CRASH_ROUNDS=200 cargo test -p framefarm --test it crash_loop -- --nocapture`
//! does more, and `FRAMEFARM_CRASH_SEED` makes the same choices again, though not at the same moments.

mod chance;
mod people;
mod proof;

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use chance::Chance;
use people::People;

use super::farm::Farm;
use super::scene;

const SERVERS: [&str; 4] = ["schedule", "resource", "r1", "r2"];

#[test]
fn nothing_acknowledged_is_lost_whenever_servers_are_killed() {
    let rounds = number("FRAMEFARM_CRASH_ROUNDS").unwrap_or(5);
    let seed = number("FRAMEFARM_CRASH_SEED").unwrap_or_else(Chance::seed);
    eprintln!("crash loop: {rounds} rounds with seed {seed}");
    let begun = Instant::now();
    let mut farm = start();
    let mut chance = Chance(seed);
    let mut people = People::default();
    let mut down: BTreeSet<&str> = BTreeSet::new();
    let mut kills = 0;
    for round in 0..rounds {
        for server in std::mem::take(&mut down) {
            farm.restart(server);
        }
        people.act(&farm, &mut chance);
        kills += crash(&mut farm, &mut chance, &mut down);
        people.hear(&farm);
        if round % 20 == 19 {
            let told = people.told();
            eprintln!("after {} rounds, {} s: {kills} kills, {told}", round + 1, begun.elapsed().as_secs());
        }
    }
    down.into_iter().for_each(|server| farm.restart(server));
    people.settle(&farm);
    let found = proof::check(&farm, &people);
    eprintln!("{rounds} rounds, {kills} kills, {} s: {found}", begun.elapsed().as_secs());
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// A farm of four processes. The schedule server keeps its port, so that clients can wait for it.
fn start() -> Farm {
    let mut farm = Farm::new();
    scene::demand_povray();
    std::fs::write(farm.path("ball.pov"), people::SCENE).unwrap();
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port().to_string();
    let storage = farm.storage().display().to_string();
    farm.start("schedule", &["serve", "schedule", "--port", &port, "--storage", &storage]);
    farm.start_resource();
    farm.start_render("r1", 2);
    farm.start_render("r2", 2);
    farm.until_hosts(2);
    farm
}

/// Kills up to three servers, one after the other, and starts all but those in `down` again, in another
/// order. Says how many it killed.
fn crash(farm: &mut Farm, chance: &mut Chance, down: &mut BTreeSet<&'static str>) -> u32 {
    let mut servers = SERVERS.to_vec();
    chance.shuffle(&mut servers);
    servers.truncate(1 + chance.below(3));
    for server in &servers {
        moment(chance, 400);
        farm.kill_9(server);
    }
    chance.shuffle(&mut servers);
    for server in &servers {
        moment(chance, 200);
        // A render server may be away for longer, so that its host is lost.
        if server.starts_with('r') && *server != "resource" && chance.below(8) == 0 {
            down.insert(server);
        } else {
            farm.restart(server);
        }
    }
    u32::try_from(servers.len()).unwrap()
}

/// Lets some time go by, so that servers are killed at any point of what they do.
fn moment(chance: &mut Chance, ms_max: usize) {
    std::thread::sleep(Duration::from_millis(chance.below(ms_max) as u64));
}
