//! What queries say, and how pages follow each other.

use super::*;
use crate::{JobId, JobState, Time};

fn pairs(text: &str) -> Vec<(String, String)> {
    let fields = text.split('&').filter(|field| !field.is_empty());
    fields.map(|field| field.split_once('=').unwrap()).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
}

fn places(query: &str) -> Result<Vec<String>, String> {
    let query = JobQuery::read(pairs(query)).map_err(|faults| faults.to_string())?;
    Ok(query.pairs().into_iter().map(|(name, value)| format!("{name}={value}")).collect())
}

#[test]
fn a_query_is_written_as_it_is_read() {
    let text = "ids=1,7&state=queued,held&queue=new&user=anna&group=fx&package=blender&text=A b&since=17\
                &sort=-name&limit=5&after=0.0.3.a.b";
    assert_eq!(places(text).unwrap().join("&"), text);
    let query = JobQuery::read(pairs(text)).unwrap();
    assert_eq!(query.select.state, [JobState::Queued, JobState::Held]);
    assert_eq!((query.select.since, query.select.ids), (Some(Time(17)), vec![JobId(1), JobId(7)]));
    assert_eq!(query.sort, Sorted { by: JobSort::Name, down: true });
    assert_eq!(query.page.after.unwrap().text, "a.b");
    let frames = "step=a&state=failed&numbers=7,9-12&warned=true&limit=100";
    let written: Vec<String> = FrameQuery::read(pairs(frames))
        .unwrap()
        .pairs()
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(written.join("&"), frames);
}

#[test]
fn every_fault_of_a_query_is_told() {
    let faults =
        places("usr=anna&state=done,gone&limit=0&sort=-size&after=x&since=soon&ids=1,a").unwrap_err();
    for word in ["did you mean user", "\"gone\"", "from 1 to 1000", "submitted_at", "`next`", "soon", "\"a\""]
    {
        assert!(faults.contains(word), "{word} is missing in {faults}");
    }
    assert!(places("user=a&user=b").unwrap_err().contains("twice"));
}

#[test]
fn pages_follow_each_other_though_items_come_and_go() {
    let page = |numbers: &[i64], down: bool, after: Option<&str>| {
        let wish = PageWish { limit: 2, after: after.map(|after| after.parse().unwrap()) };
        wish.cut(down, numbers.iter().map(|n| (Place::of([*n, 0], 0), *n)), Some)
    };
    let first = page(&[5, 1, 3, 4, 2], false, None);
    assert_eq!((first.items.as_slice(), first.total), ([1, 2].as_slice(), 5));
    // The last of the page is gone, and another came before it.
    let second = page(&[5, 1, 3, 4, 0], false, first.next.as_deref());
    assert_eq!(second.items, [3, 4]);
    let last = page(&[5, 1, 3, 4, 0], false, second.next.as_deref());
    assert_eq!((last.items.as_slice(), last.next), ([5].as_slice(), None));
    let down = page(&[5, 1, 3, 4, 2], true, None);
    assert_eq!(down.items, [5, 4]);
    assert_eq!(page(&[5, 1, 3, 4, 2], true, down.next.as_deref()).items, [3, 2]);
}

#[test]
fn a_selection_is_told_in_json_as_in_a_query() {
    let text = r#"{"ids":[3],"state":"failed,killed","user":"anna"}"#;
    let select: JobSelect = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&select).unwrap(), text);
    assert!(serde_json::from_str::<JobSelect>(r#"{"usr":"anna"}"#).is_err());
    assert!(
        serde_json::from_str::<JobSelect>(r#"{"state":"gone"}"#).unwrap_err().to_string().contains("gone")
    );
    assert!(JobSelect::default().is_all() && !select.is_all());
}
