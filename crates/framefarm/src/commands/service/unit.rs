//! The text of systemd units: what each server may do and what it may not, and how it is ended.
//!
//! A render server is ended without its frames (`KillMode=process`): it ends them itself where it is stopped,
//! and where it is killed or started anew it finds them again. They need more room than servers do: devices
//! for GPUs, memory that is written and run, the processes of another account.

use std::fmt::Write as _;

use wire::Service;

/// Where the servers of a machine keep their data.
pub(super) const STATE: &str = "/var/lib/framefarm";

/// Where frames work. Not in a folder for passing files, which goes with the unit while they go on.
pub(super) const SCRATCH: &str = "/var/lib/framefarm/scratch";
/// The account of frames.
pub(super) const FRAMES_ACCOUNT: &str = "framefarm-frames";

/// A unit to be written.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub(super) role: Service,
    /// The command line of the server, quoted for systemd.
    pub(super) command: String,
    /// A unit of one's own account, and not of the machine.
    pub(super) user: bool,
    /// Folders outside of its data that it writes to.
    pub(super) writes: Vec<String>,
    /// It stands on somebody's desktop.
    pub(super) desktop: bool,
}

/// What a server may do to the machine, the same for each.
const FENCE: &[&str] = &[
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "PrivateTmp=yes",
    "ProtectKernelTunables=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelLogs=yes",
    "ProtectControlGroups=yes",
    "ProtectClock=yes",
    "ProtectHostname=yes",
    "LockPersonality=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "RestrictNamespaces=yes",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
    "SystemCallArchitectures=native",
    "KeyringMode=private",
];

/// And where it renders nothing.
const FENCE_OF_SERVERS: &[&str] = &[
    "User=framefarm",
    "UMask=0077",
    "StateDirectoryMode=0700",
    "CapabilityBoundingSet=",
    "ProtectHome=yes",
    "PrivateDevices=yes",
    "PrivateUsers=yes",
    "ProtectProc=invisible",
    "ProcSubset=pid",
    "MemoryDenyWriteExecute=yes",
    "RemoveIPC=yes",
    "SystemCallFilter=@system-service",
    "SystemCallFilter=~@privileged",
    "SystemCallErrorNumber=EPERM",
    "LimitNOFILE=65536",
    "TimeoutStopSec=60",
];

/// And where it renders: as root, to run frames under an account that owns nothing. It sees their processes
/// and ends them.
const FENCE_OF_RENDERING: &[&str] = &[
    // Frames reach what is theirs in there, and list nothing.
    "StateDirectoryMode=0711",
    "CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_KILL CAP_CHOWN CAP_FOWNER CAP_DAC_OVERRIDE CAP_SYS_PTRACE",
    "ProtectHome=read-only",
    "SystemCallFilter=~@clock @cpu-emulation @debug @module @mount @obsolete @raw-io @reboot @swap",
    "SystemCallErrorNumber=EPERM",
];

/// How frames outlive what becomes of their server.
const FRAMES: &[&str] = &[
    "KillMode=process",
    "OOMPolicy=continue",
    "TasksMax=infinity",
    "LimitNOFILE=65536",
    "TimeoutStopSec=30",
];

impl Unit {
    /// `framefarm-render.service`.
    pub(super) fn name(&self) -> String {
        name(self.role)
    }

    /// The whole file.
    pub(super) fn text(&self) -> String {
        let role = self.role.name();
        let mut text = format!(
            "# Written by `framefarm service install`; change it with `systemctl edit {}`.\n\
             [Unit]\n\
             Description=Framefarm {role} server\n",
            name(self.role)
        );
        if !self.user {
            text.push_str("Wants=network-online.target\nAfter=network-online.target remote-fs.target\n");
        }
        text.push_str("StartLimitIntervalSec=0\n\n[Service]\nType=exec\n");
        let mut line = |line: &str| {
            let _ = writeln!(text, "{line}");
        };
        line(&format!("ExecStart={}", self.command));
        // It begins anew as the same process, and what it renders goes on.
        line("ExecReload=/bin/kill -USR2 $MAINPID");
        line("Restart=on-failure");
        line("RestartSec=2");
        if self.role == Service::Render {
            FRAMES.iter().copied().for_each(&mut line);
        }
        if self.desktop {
            line("Nice=10");
        }
        if self.user {
            line("NoNewPrivileges=yes");
        } else {
            line("EnvironmentFile=-/etc/framefarm/environment");
            line(&format!("Environment=HOME={STATE}/{role} XDG_CONFIG_HOME={STATE}/{role}/config"));
            let scratch = if self.role == Service::Render { " framefarm/scratch" } else { "" };
            line(&format!("StateDirectory=framefarm/{role}{scratch}"));
            let fence = if self.role == Service::Render { FENCE_OF_RENDERING } else { FENCE_OF_SERVERS };
            FENCE.iter().chain(fence).copied().for_each(&mut line);
            for folder in &self.writes {
                line(&format!("ReadWritePaths={folder}"));
            }
        }
        let target = if self.user { "default.target" } else { "multi-user.target" };
        let _ = write!(text, "\n[Install]\nWantedBy={target}\n");
        text
    }
}

/// The name of the unit of a server.
pub(super) fn name(role: Service) -> String {
    format!("framefarm-{}.service", role.name())
}

/// The accounts of the servers and of frames, for systemd-sysusers.
pub(super) const ACCOUNTS: &str = "\
# Written by `framefarm service install`.
u framefarm - \"Framefarm servers\" /var/lib/framefarm
u framefarm-frames - \"What Framefarm renders\"
";

/// A word of a command line as systemd reads it.
pub(super) fn quoted(word: &str) -> String {
    let escaped = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=,@%+".contains(letter);
    if !escaped.is_empty() && escaped.chars().all(plain) { escaped } else { format!("\"{escaped}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_as_systemd_reads_them() {
        let cases = [
            ("/usr/bin/framefarm", "/usr/bin/framefarm"),
            ("a b", "\"a b\""),
            ("100%", "100%%"),
            ("$HOME", "\"$$HOME\""),
            ("say \"x\"\\", "\"say \\\"x\\\"\\\\\""),
            ("", "\"\""),
        ];
        for (word, text) in cases {
            assert_eq!(quoted(word), text);
        }
    }

    #[test]
    fn only_what_renders_keeps_its_processes_and_only_servers_give_up_their_devices() {
        let unit =
            |role| Unit { role, command: "/x".into(), user: false, writes: Vec::new(), desktop: false };
        let render = unit(Service::Render).text();
        assert!(render.contains("KillMode=process\n") && !render.contains("PrivateDevices"));
        let schedule = unit(Service::Schedule).text();
        assert!(!schedule.contains("KillMode") && schedule.contains("PrivateDevices=yes\n"));
        let own = Unit { user: true, ..unit(Service::Render) }.text();
        assert!(own.contains("WantedBy=default.target\n") && !own.contains("User="));
    }
}
