//! Every door: what is done there, what it takes, what it gives.

use model::{
    DeedView, DraftRequest, DraftView, FarmIdentity, FrameView, FramesOrder, FramesOrdered, GridView,
    HostView, InputView, JobDescription, JobView, JobsOrder, JobsOrdered, JoinReply, JoinRequest,
    JoinTokenView, LimitView, LoginReply, LoginRequest, MadeJoinToken, MadeToken, MatchView, MemberView,
    NewJoinToken, NewPassword, NewToken, NewUser, NewWindow, NoticesChange, NoticesView, OutputView,
    PackageFile, PackageName, PackageView, PathRule, RenewReply, RenewRequest, ServerOrder, ServerView,
    SetAsideView, ShareView, SlotStats, SubmitReply, SubmitRequest, TokenView, Trial, UsageHistory,
    UsageView, UserChange, UserView, WakeView, WhoView, WhyView, WindowView,
};

use super::operation::{Field, Holds, Operation, of};

const TEXT: &str = r#"{"type": "string"}"#;
const FLAG: &str = r#"{"type": "boolean", "default": false}"#;
const COUNT: &str = r#"{"type": "integer", "minimum": 0}"#;
const LIMIT: Field = (
    "limit",
    r#"{"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}"#,
    "Items of a page at most.",
);
const AFTER: Field = ("after", TEXT, "The `next` of the page before.");
const STEP: Field = ("step", TEXT, "Of this step; the first that has the frame where it is not said.");
const ATTEMPT: Field =
    ("attempt", r#"{"type": "integer", "minimum": 1}"#, "The latest where it is not said.");

const JOBS: &[Field] = &[
    ("ids", TEXT, "One of these, by number, with commas between."),
    ("state", TEXT, "In one of these states, with commas: queued, active, held, done, failed, killed."),
    ("queue", r#"{"type": "string", "enum": ["new", "active", "outsourced", "done"]}"#, "In this queue."),
    ("user", TEXT, "Submitted by this user."),
    ("group", TEXT, "For this group."),
    ("package", TEXT, "With a step of this rendering package."),
    ("text", TEXT, "With this in their name, great and small letters alike."),
    ("since", COUNT, "Submitted then or later, in milliseconds since 1970."),
    (
        "sort",
        r#"{"type": "string", "pattern": "^-?(queue|id|name|user|priority|submitted_at|ended_at|progress)$"}"#,
        "What by; a `-` before it turns the order round.",
    ),
    LIMIT,
    AFTER,
];

const FRAMES: &[Field] = &[
    ("step", TEXT, "Of this step."),
    ("state", TEXT, "In one of these states, with commas: waiting, running, done, failed, killed."),
    ("numbers", TEXT, "With these numbers: a frame list, `7,9-12`."),
    ("warned", r#"{"type": "boolean"}"#, "Done, with warnings."),
    LIMIT,
    AFTER,
];

const HOSTS: &[Field] = &[
    ("state", TEXT, "In one of these states, with commas: idle, busy, silent, closed, draining."),
    ("text", TEXT, "With this in their name, great and small letters alike."),
    ("need", TEXT, "That match this profile, as people write it."),
    (
        "sort",
        r#"{"type": "string", "pattern": "^-?(name|state|slots_busy)$"}"#,
        "What by; `-` turns it round.",
    ),
    LIMIT,
    AFTER,
];

const LOG: &[Field] = &[
    STEP,
    ATTEMPT,
    ("offset", COUNT, "From this byte on."),
    ("length", COUNT, "So many bytes."),
    ("tail", COUNT, "The last so many bytes."),
];

const PICTURE: &[Field] = &[
    ("width", r#"{"type": "integer", "minimum": 1, "maximum": 8192}"#, "Pixels across at most."),
    ("exposure", r#"{"type": "number", "minimum": -30, "maximum": 30}"#, "Stops brighter."),
    ("format", r#"{"type": "string", "enum": ["jpeg", "png"]}"#, "As what."),
    ("digest", r#"{"type": "string", "pattern": "^[0-9a-f]{64}$"}"#, "Of this content."),
];

const AUDIT: &[Field] = &[
    ("by", TEXT, "What he did."),
    ("since", COUNT, "Then or later, in milliseconds since 1970."),
    ("after", COUNT, "With larger numbers."),
    ("most", COUNT, "So many at most."),
];

const FARM: &str = r#"{"type": "object", "required": ["farm", "version", "storage", "roles"], "properties": {
    "farm": {"type": "string"}, "version": {"type": "string"}, "storage": {"type": "string"},
    "storage_id": {"type": "string"}, "resource_linked": {"type": "boolean"},
    "roles": {"type": "array", "items": {"type": "string"}},
    "refused": {"type": "object", "additionalProperties": {"type": "integer"}}}}"#;
const PRIORITY: &str = r#"{"type": "object", "additionalProperties": false, "required": ["priority"],
    "properties": {"priority": {"type": "integer", "minimum": 0, "maximum": 100}}}"#;
const LIMIT_BODY: &str = r#"{"type": "object", "additionalProperties": false, "minProperties": 1, "properties": {
    "amount": {"type": "integer", "minimum": 0}, "per_host": {"type": "integer", "minimum": 0}}}"#;
const SHARE_BODY: &str = r#"{"type": "object", "additionalProperties": false, "required": ["weight"],
    "properties": {"weight": {"type": "integer", "minimum": 1}}}"#;
const HOST_ORDER: &str = r#"{"type": "object", "additionalProperties": false, "required": ["verb"], "properties": {
    "verb": {"type": "string", "enum": ["start", "stop", "restart", "quit"]}, "now": {"type": "boolean"}}}"#;
const DIGESTS: &str = r#"{"type": "array", "items": {"type": "string", "pattern": "^[0-9a-f]{64}$"}}"#;
const LENGTH: &str =
    r#"{"type": "object", "required": ["length"], "properties": {"length": {"type": "integer"}}}"#;
const RULES: &str =
    r##"{"type": "object", "additionalProperties": {"$ref": "#/components/schemas/PathRule"}}"##;
const ANY: &str = r#"{"type": "object"}"#;

fn get(path: &str, summary: &'static str) -> Operation {
    Operation::new("GET", path, summary)
}

fn post(path: &str, summary: &'static str) -> Operation {
    Operation::new("POST", path, summary)
}

fn put(path: &str, summary: &'static str) -> Operation {
    Operation::new("PUT", path, summary)
}

fn delete(path: &str, summary: &'static str) -> Operation {
    Operation::new("DELETE", path, summary)
}

/// All of them.
pub(super) fn all() -> Vec<Operation> {
    let mut all = jobs();
    all.extend(frames());
    all.extend(hosts());
    all.extend(policy());
    all.extend(making());
    all.extend(leases());
    all.extend(people());
    all.extend(members());
    all
}

fn jobs() -> Vec<Operation> {
    let steer = |verb: &str, summary| post(&format!("jobs/{{job}}/{verb}"), summary).one(of::<JobView>());
    let submit = post("jobs", "Submit a job, or try it out: with `dry_run` the answer is a Trial")
        .query(&[("dry_run", FLAG, "Whether it is only tried out.")])
        .takes_one(of::<SubmitRequest>())
        .gives(201, Holds::One(of::<SubmitReply>()))
        .gives(200, Holds::Either(of::<SubmitReply>(), of::<Trial>()));
    vec![
        get("jobs", "List jobs").query(JOBS).page(of::<JobView>()),
        submit,
        post("jobs/orders", "Do something to every job of a selection")
            .takes_one(of::<JobsOrder>())
            .one(of::<JobsOrdered>()),
        get("jobs/{job}", "Look at a job").one(of::<JobView>()),
        get("jobs/{job}/grid", "See all frames of a job at once, a byte each").one(of::<GridView>()),
        get("jobs/{job}/watch", "Follow a job").gives(200, Holds::Events),
        get("jobs/{job}/description", "See what a job was made from").one(of::<JobDescription>()),
        steer("hold", "Start nothing new of a job"),
        steer("release", "Let a held job go on"),
        steer("kill", "End a job"),
        steer("retry", "Try the failed frames of a job again"),
        steer("priority", "Give a job another priority").takes(Holds::Like(PRIORITY)),
        get("jobs/{job}/why", "Ask why a job waits").list(of::<WhyView>()),
        get("jobs/{job}/results", "List the finished files of a job").list(of::<OutputView>()),
        get("jobs/{job}/results/{name}", "Fetch a finished file")
            .gives(200, Holds::Bytes("application/octet-stream")),
        get("jobs/{job}/results/{name}/picture", "See a finished file as a picture")
            .query(PICTURE)
            .gives(200, Holds::Bytes("image/*")),
    ]
}

fn frames() -> Vec<Operation> {
    vec![
        get("jobs/{job}/frames", "List the frames of a job").query(FRAMES).page(of::<FrameView>()),
        get("jobs/{job}/frames/{number}", "Look at a frame").query(&[STEP]).one(of::<FrameView>()),
        get("jobs/{job}/frames/{number}/log", "Read the log of a frame").query(LOG).gives(200, Holds::Text),
        get("jobs/{job}/frames/{number}/usage", "See what an attempt uses, over time")
            .query(&[STEP, ATTEMPT])
            .one(of::<UsageView>()),
        post(
            "jobs/{job}/frames/orders",
            "Kill frames, send them back to the queue, or have them tried again",
        )
        .takes_one(of::<FramesOrder>())
        .one(of::<FramesOrdered>()),
    ]
}

fn hosts() -> Vec<Operation> {
    vec![
        get("hosts", "List render hosts").query(HOSTS).page(of::<HostView>()),
        get("hosts/{host}", "Look at a render host").one(of::<HostView>()),
        get("hosts/{host}/slots/{slot}", "See what a slot does now").one(of::<SlotStats>()),
        post("hosts/{host}/order", "Start, stop or restart a render server")
            .takes(Holds::Like(HOST_ORDER))
            .gives(202, Holds::Nothing),
        post("hosts/{host}/wake", "Wake a host").one(of::<WakeView>()),
        get("match", "Ask which hosts match a profile, and why others do not")
            .query(&[("need", TEXT, "What is needed."), ("prefer", TEXT, "What goes first.")])
            .one(of::<MatchView>()),
        get("farm", "What the farm says of itself").gives(200, Holds::Like(FARM)),
        get("events", "Follow what changes, by topics")
            .query(&[
                ("topics", TEXT, "What, with commas: jobs, job:17, grid:17, hosts, host:NAME, farm, joins."),
                ("after", TEXT, "Only what changed since this event."),
            ])
            .gives(200, Holds::Events),
        get("servers", "List the servers of the farm").list(of::<ServerView>()),
        post("servers/{server}/order", "Start, stop or restart a server")
            .takes_one(of::<ServerOrder>())
            .one(of::<ServerView>()),
        get("set-aside", "List hosts that are set aside").list(of::<SetAsideView>()),
        delete("set-aside/{host}", "Forgive a host").nothing(),
        get("openapi.json", "This document").gives(200, Holds::Like(ANY)),
    ]
}

fn policy() -> Vec<Operation> {
    vec![
        get("limits", "List limits").list(of::<LimitView>()),
        get("limits/{limit}", "Look at a limit").one(of::<LimitView>()),
        put("limits/{limit}", "Set a limit").takes(Holds::Like(LIMIT_BODY)).one(of::<LimitView>()),
        delete("limits/{limit}", "Remove a limit").nothing(),
        get("shares", "List shares").list(of::<ShareView>()),
        get("shares/{share}", "Look at a share").one(of::<ShareView>()),
        put("shares/{share}", "Set a share").takes(Holds::Like(SHARE_BODY)).one(of::<ShareView>()),
        get("paths", "List path rules").gives(200, Holds::Like(RULES)),
        get("paths/{rule}", "Look at a path rule").one(of::<PathRule>()),
        put("paths/{rule}", "Set a path rule").takes_one(of::<PathRule>()).gives(200, Holds::Like(RULES)),
        delete("paths/{rule}", "Remove a path rule").nothing(),
    ]
}

fn making() -> Vec<Operation> {
    vec![
        get("packages", "List the package files of the site").list(of::<PackageFile>()),
        get("packages/{package}", "Look at a rendering package and its settings").one(of::<PackageView>()),
        get("package-names", "List rendering packages").list(of::<PackageName>()),
        post("drafts", "Read a job description, with all its faults")
            .takes_one(of::<DraftRequest>())
            .one(of::<DraftView>()),
        post("content/missing", "Ask which contents the farm lacks")
            .takes(Holds::Like(DIGESTS))
            .gives(200, Holds::Like(DIGESTS)),
        get("content/{digest}", "Fetch a content").gives(200, Holds::Bytes("application/octet-stream")),
        put("content/{digest}", "Send a content").takes(Holds::Bytes("application/octet-stream")).nothing(),
        get("thumbnails/{digest}", "Fetch a small picture").gives(200, Holds::Bytes("image/*")),
    ]
}

fn leases() -> Vec<Operation> {
    vec![
        get("leases/{lease}/inputs", "List what an attempt works with").list(of::<InputView>()),
        get("leases/{lease}/inputs/{folder}/{name}", "Fetch what an attempt works with")
            .gives(200, Holds::Bytes("application/octet-stream")),
        put("leases/{lease}/outputs/{name}", "Hand over what an attempt made")
            .takes(Holds::Bytes("application/octet-stream"))
            .nothing(),
        put("leases/{lease}/log", "Hand over a piece of a log")
            .query(&[("offset", COUNT, "The byte that it begins with.")])
            .takes(Holds::Bytes("application/octet-stream"))
            .gives(200, Holds::Like(LENGTH))
            .gives(409, Holds::Like(LENGTH)),
        put("leases/{lease}/usage", "Hand over what an attempt used, over time")
            .takes_one(of::<UsageHistory>())
            .nothing(),
        put("leases/{lease}/thumbnails/{digest}", "Hand over a small picture")
            .takes(Holds::Bytes("application/octet-stream"))
            .nothing(),
    ]
}

fn people() -> Vec<Operation> {
    vec![
        post("login", "Log in").takes_one(of::<LoginRequest>()).one(of::<LoginReply>()),
        post("logout", "Log out").nothing(),
        get("whoami", "Ask for whom one is taken").one(of::<WhoView>()),
        get("users", "List users").list(of::<UserView>()),
        post("users", "Add a user").takes_one(of::<NewUser>()).gives(201, Holds::One(of::<UserView>())),
        get("users/{user}", "Look at a user").one(of::<UserView>()),
        put("users/{user}", "Change a user").takes_one(of::<UserChange>()).one(of::<UserView>()),
        delete("users/{user}", "Remove a user").nothing(),
        put("users/{user}/password", "Set a password").takes_one(of::<NewPassword>()).nothing(),
        get("users/{user}/notices", "See what a user is told of, and how").one(of::<NoticesView>()),
        put("users/{user}/notices", "Set what a user is told of")
            .takes_one(of::<NoticesChange>())
            .one(of::<NoticesView>()),
        get("tokens", "List tokens").query(&[("all", FLAG, "Everybody's.")]).list(of::<TokenView>()),
        post("tokens", "Make a token").takes_one(of::<NewToken>()).gives(201, Holds::One(of::<MadeToken>())),
        delete("tokens/{token}", "End a token").nothing(),
        get("audit", "See who did what").query(AUDIT).list(of::<DeedView>()),
    ]
}

fn members() -> Vec<Operation> {
    vec![
        get("identity", "Ask which farm it is").one(of::<FarmIdentity>()),
        post("join", "Ask to become a member").takes_one(of::<JoinRequest>()).one(of::<JoinReply>()),
        get("join/{ticket}", "Ask what became of that").one(of::<JoinReply>()),
        post("renew", "Have a certificate renewed").takes_one(of::<RenewRequest>()).one(of::<RenewReply>()),
        get("members", "List members and who asks to be one").list(of::<MemberView>()),
        delete("members/{member}", "End a membership").nothing(),
        post("members/{member}/approve", "Let a server in").one(of::<MemberView>()),
        post("members/{member}/deny", "Turn a server away").nothing(),
        get("join-tokens", "List join tokens").list(of::<JoinTokenView>()),
        post("join-tokens", "Make a join token")
            .takes_one(of::<NewJoinToken>())
            .gives(201, Holds::One(of::<MadeJoinToken>())),
        delete("join-tokens/{token}", "End a join token").nothing(),
        get("windows", "List enrolment windows").list(of::<WindowView>()),
        post("windows", "Open an enrolment window")
            .takes_one(of::<NewWindow>())
            .gives(201, Holds::One(of::<WindowView>())),
        delete("windows/{window}", "Close an enrolment window").nothing(),
    ]
}
