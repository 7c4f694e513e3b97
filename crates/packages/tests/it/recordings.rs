//! Every recorded log beside the definitions, and the events that it has to come to.

use std::path::Path;

use packages::{Library, play_recordings};

#[test]
fn every_recorded_log_comes_to_its_events() {
    let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("definitions/logs");
    let library = Library::embedded();
    let mut faults = Vec::new();
    for entry in logs.read_dir().unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(definition) = library.get(&name) else {
            faults.push(format!("there are logs of {name}, and no definition is called so"));
            continue;
        };
        match play_recordings(definition, &logs) {
            Ok(0) => faults.push(format!("there is a folder for logs of {name} without any")),
            Ok(_) => {}
            Err(wrong) => faults.push(wrong.to_string()),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
