//! Waking hosts that sleep, by the hardware addresses that they told when they were linked last.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::WakeView;
use wire::discovery::{Hardware, wake};

use super::Desk;
use crate::problem::Refused;

pub(super) async fn wake_host(
    State(desk): State<Desk>,
    Path(host): Path<String>,
) -> Result<Json<WakeView>, Refused> {
    let name = host.clone();
    let addresses = desk.handle.read(move |role| role.hardware(&name).to_vec()).await?;
    let mut known: Vec<Hardware> = addresses.iter().filter_map(|one| one.hardware.parse().ok()).collect();
    known.sort_unstable();
    known.dedup();
    if known.is_empty() {
        let what = format!("no address is known by which render host {host} could be woken");
        return Err(Refused::new(StatusCode::NOT_FOUND, what).hint(
            "a host tells its addresses when its render server links, so it must have been there once",
        ));
    }
    let (mut interfaces, mut fault) = (Vec::new(), None);
    for hardware in &known {
        match wake(*hardware).await {
            Ok(went) => interfaces.extend(went),
            Err(error) => fault = Some(error),
        }
    }
    interfaces.sort_unstable();
    interfaces.dedup();
    match fault {
        Some(error) if interfaces.is_empty() => Err(Refused::broken(&error)
            .hint("the packet reaches hosts of the same network only; wake it from there, or switch it on")),
        _ => Ok(Json(WakeView { hardware: known.iter().map(ToString::to_string).collect(), interfaces })),
    }
}
