//! The web page at the port of the schedule server: what is no door of the API is a place in it.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use web::Page;

use crate::problem::Refused;

/// Where the files of the page are.
#[derive(Clone)]
enum Files {
    BuiltIn(Arc<Page>),
    /// In a folder, whatever is there now.
    Folder(PathBuf),
}

/// `router` with the page at all paths that are no doors, the same for everybody; it comes from `folder`
/// where one is given. The guard has nothing to say there, as none of it is secret.
pub(crate) fn with_page(router: Router, folder: Option<PathBuf>) -> Router {
    let files = folder.map_or_else(|| Files::BuiltIn(Arc::new(Page::built_in())), Files::Folder);
    kept_to_itself(router.layer(from_fn_with_state(files, show)))
}

/// `router` such that browsers take its answers for nothing else than they are.
pub(crate) fn kept_to_itself(router: Router) -> Router {
    router.layer(from_fn(|request: Request, next: Next| async move {
        web::keep_to_itself(next.run(request).await)
    }))
}

async fn show(State(files): State<Files>, request: Request, next: Next) -> Response {
    let is_door = request.extensions().get::<MatchedPath>().is_some();
    let (method, path) = (request.method(), request.uri().path());
    if is_door || !Page::answers(method, path) {
        return next.run(request).await;
    }
    match files {
        Files::BuiltIn(page) => page.answer(method, path, request.headers()),
        Files::Folder(folder) => {
            let read = tokio::task::spawn_blocking(move || Page::in_folder(&folder)).await;
            match read {
                Ok(Ok(page)) => page.answer(method, path, request.headers()),
                Ok(Err(error)) => Refused::broken(&error).into_response(),
                Err(error) => Refused::broken(&error).into_response(),
            }
        }
    }
}
