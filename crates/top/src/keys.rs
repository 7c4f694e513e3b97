//! What each key does on each screen.

use model::{FrameVerb, JobId, JobState};

use crate::jobs::Queue;
use crate::list::move_by;
use crate::place::{LineOf, Overlay, Place};
use crate::words::plural;
use crate::{Action, HostDeed, JobDeed, Key, Order, Top};

impl Top {
    pub(crate) fn key(&mut self, key: Key, actions: &mut Vec<Action>) {
        if key == Key::Interrupt {
            actions.push(Action::Quit);
            return;
        }
        match self.overlay.take() {
            Some(overlay) => self.overlay_key(key, overlay, actions),
            None => self.screen_key(key, actions),
        }
    }

    fn overlay_key(&mut self, key: Key, overlay: Overlay, actions: &mut Vec<Action>) {
        match (overlay, key) {
            (Overlay::Confirm { orders, .. }, Key::Char('y')) => {
                self.jobs.marked.clear();
                actions.extend(orders.into_iter().map(Action::Order));
            }
            (Overlay::Confirm { .. }, _) => self.say("nothing was done".to_owned()),
            (Overlay::Line { of, mut text }, Key::Char(letter)) => {
                text.push(letter);
                self.line_is(of, text);
            }
            (Overlay::Line { of, mut text }, Key::Backspace) => {
                text.pop();
                self.line_is(of, text);
            }
            (Overlay::Line { of: LineOf::Filter, .. }, Key::Esc) => self.filter_by(String::new()),
            (Overlay::Line { of, text }, Key::Enter) => self.line_ends(of, &text, actions),
            // The keys of a list move in it while its filter is written.
            (Overlay::Line { of: LineOf::Filter, text }, other) => {
                self.screen_key(other, actions);
                self.overlay.get_or_insert(Overlay::Line { of: LineOf::Filter, text });
            }
            (Overlay::Help | Overlay::Line { .. }, _) => {}
        }
    }

    fn line_is(&mut self, of: LineOf, text: String) {
        if of == LineOf::Filter {
            self.filter_by(text.clone());
        }
        self.overlay = Some(Overlay::Line { of, text });
    }

    fn filter_by(&mut self, text: String) {
        match self.place() {
            Place::Hosts => self.hosts.filter_by(text),
            _ => self.jobs.filter_by(text),
        }
    }

    fn line_ends(&mut self, of: LineOf, text: &str, actions: &mut Vec<Action>) {
        let LineOf::Priority(jobs) = of else { return };
        match text.trim().parse() {
            Ok(priority) => {
                self.jobs.marked.clear();
                let order = |job| Action::Order(Order::Job(job, JobDeed::Priority(priority)));
                actions.extend(jobs.into_iter().map(order));
            }
            Err(_) => self.complain(format!("{text:?} is no priority; it is a number, and lower goes first")),
        }
    }

    fn screen_key(&mut self, key: Key, actions: &mut Vec<Action>) {
        match key {
            Key::Char('?') => self.overlay = Some(Overlay::Help),
            Key::Char('1') => self.queue(Queue::New, actions),
            Key::Char('2') => self.queue(Queue::Active, actions),
            Key::Char('3') => self.queue(Queue::Done, actions),
            Key::Char('4') => self.turn_to(Place::Hosts, actions),
            Key::Char('5') => self.turn_to(Place::Joins, actions),
            Key::Tab => self.turn(false, actions),
            Key::BackTab => self.turn(true, actions),
            Key::Char('q') | Key::Esc => {
                let left = self.leave(actions);
                if !left && key == Key::Char('q') {
                    actions.push(Action::Quit);
                }
            }
            _ => match self.place().clone() {
                Place::Jobs => self.jobs_key(key, actions),
                Place::Job(job) => self.job_key(key, job, actions),
                Place::Frame { job, step, number } => self.frame_deed(key, job, step, number, actions),
                Place::Hosts => self.hosts_key(key, actions),
                Place::Host(host) => self.host_deed(key, &host, actions),
                Place::Joins => self.joins_key(key),
            },
        }
    }

    fn queue(&mut self, queue: Queue, actions: &mut Vec<Action>) {
        self.jobs.show(queue);
        self.turn_to(Place::Jobs, actions);
    }

    /// To the next of the screens that one begins at; inside a job to its next step.
    fn turn(&mut self, back: bool, actions: &mut Vec<Action>) {
        if let (Place::Job(_), Some(grid)) = (self.places.last().unwrap_or(&Place::Jobs), &mut self.grid) {
            grid.turn(back);
            return;
        }
        let at = match self.place() {
            Place::Hosts | Place::Host(_) => 3,
            Place::Joins => 4,
            _ => self.jobs.queue as usize,
        };
        match (at + if back { 4 } else { 1 }) % 5 {
            3 => self.turn_to(Place::Hosts, actions),
            4 => self.turn_to(Place::Joins, actions),
            queue => self.queue(Queue::ALL[queue], actions),
        }
    }

    fn jobs_key(&mut self, key: Key, actions: &mut Vec<Action>) {
        match key {
            Key::Enter | Key::Right => {
                if let Some(job) = self.jobs.current() {
                    self.enter(Place::Job(job), actions);
                }
            }
            Key::Char(' ') => {
                self.jobs.mark();
                self.jobs.move_by(Key::Down, self.rows);
            }
            Key::Char('/') => self.write_filter(self.jobs.filter.clone()),
            key if self.jobs.move_by(key, self.rows) => {}
            key => {
                let meant = self.jobs.meant();
                self.job_deed(key, &meant, actions);
            }
        }
    }

    fn write_filter(&mut self, text: String) {
        self.overlay = Some(Overlay::Line { of: LineOf::Filter, text });
    }

    fn job_key(&mut self, key: Key, job: JobId, actions: &mut Vec<Action>) {
        let (columns, rows) = self.grid_room();
        let Some(grid) = &mut self.grid else { return self.job_deed(key, &[job], actions) };
        match key {
            Key::Enter => {
                if let Some((step, number)) = grid.frame() {
                    self.enter(Place::Frame { job, step, number }, actions);
                }
            }
            Key::Char('z') => grid.whole = !grid.whole,
            Key::Char('f') => {
                if !grid.next_bad() {
                    self.say("no frame of this step failed or has warnings".to_owned());
                }
            }
            _ => {
                if !grid.move_by(key, columns, rows) {
                    self.job_deed(key, &[job], actions);
                }
            }
        }
    }

    /// What is done to jobs.
    fn job_deed(&mut self, key: Key, jobs: &[JobId], actions: &mut Vec<Action>) {
        if jobs.is_empty() {
            return;
        }
        let deed = match key {
            Key::Char('h') => JobDeed::Hold,
            Key::Char('r') => JobDeed::Release,
            Key::Char('t') => JobDeed::Retry,
            Key::Char('x') => JobDeed::Kill,
            Key::Char('p') => {
                let now = self.jobs.get(jobs[0]).map(|job| job.priority.to_string()).unwrap_or_default();
                self.overlay = Some(Overlay::Line { of: LineOf::Priority(jobs.to_vec()), text: now });
                return;
            }
            _ => return,
        };
        let orders: Vec<Order> = jobs.iter().map(|job| Order::Job(*job, deed)).collect();
        if deed == JobDeed::Kill {
            let question = self.killing(jobs);
            self.overlay = Some(Overlay::Confirm { question, orders });
            return;
        }
        self.jobs.marked.clear();
        actions.extend(orders.into_iter().map(Action::Order));
    }

    /// What is done to a frame.
    fn frame_deed(&mut self, key: Key, job: JobId, step: String, number: i64, actions: &mut Vec<Action>) {
        let question = format!("Kill frame {number} of {step}? It will have failed.");
        let order = |verb| Order::Frame(job, step, number, verb);
        match key {
            Key::Char('u') => actions.push(Action::Order(order(FrameVerb::Requeue))),
            Key::Char('t') => actions.push(Action::Order(order(FrameVerb::Retry))),
            Key::Char('x') => {
                let orders = vec![order(FrameVerb::Kill)];
                self.overlay = Some(Overlay::Confirm { question, orders });
            }
            _ => {}
        }
    }

    fn killing(&self, jobs: &[JobId]) -> String {
        let known = |job: &JobId| self.jobs.get(*job).filter(|job| job.state != JobState::Killed);
        let left: u32 =
            jobs.iter().filter_map(known).map(|job| job.frames_running + job.frames_waiting).sum();
        let left = plural(u64::from(left), "frame");
        match (jobs, jobs.first().and_then(|job| self.jobs.get(*job))) {
            ([job], Some(view)) => format!("Kill job {job} \"{}\"? It has {left} left.", view.name),
            _ => format!("Kill {} jobs? They have {left} left.", jobs.len()),
        }
    }

    fn hosts_key(&mut self, key: Key, actions: &mut Vec<Action>) {
        match key {
            Key::Enter | Key::Right => {
                if let Some(host) = self.hosts.current() {
                    self.enter(Place::Host(host), actions);
                }
            }
            Key::Char('/') => self.write_filter(self.hosts.filter.clone()),
            key if self.hosts.move_by(key, self.rows) => {}
            key => {
                if let Some(host) = self.hosts.current() {
                    self.host_deed(key, &host, actions);
                }
            }
        }
    }

    /// What is done to a host.
    fn host_deed(&mut self, key: Key, host: &model::HostId, actions: &mut Vec<Action>) {
        let order = |deed| Order::Host(host.clone(), deed);
        let question = match key {
            Key::Char('o') => return actions.push(Action::Order(order(HostDeed::Open))),
            Key::Char('d') => return actions.push(Action::Order(order(HostDeed::Drain))),
            Key::Char('f') => return actions.push(Action::Order(order(HostDeed::Forgive))),
            Key::Char('c') => {
                (format!("Close {host} at once? What it renders is given back."), HostDeed::Close)
            }
            Key::Char('b') => (format!("Begin the render server of {host} anew?"), HostDeed::Restart),
            _ => return,
        };
        let (question, deed) = question;
        self.overlay = Some(Overlay::Confirm { question, orders: vec![order(deed)] });
    }

    fn joins_key(&mut self, key: Key) {
        if move_by(key, &mut self.join_at, self.joins.len(), self.rows) {
            return;
        }
        let Some(asking) = self.joins.get(self.join_at) else { return };
        let name = asking.name.clone();
        let code = asking.code.as_deref().unwrap_or("no code");
        let joins = match key {
            Key::Char('a') => true,
            Key::Char('d') => false,
            _ => return,
        };
        let question = if joins {
            format!("Let {name} join? It must show the code {code} on its own screen.")
        } else {
            format!("Turn {name} away?")
        };
        self.overlay = Some(Overlay::Confirm { question, orders: vec![Order::Member { name, joins }] });
    }
}
