//! Programs and libraries that are started, sockets with a path, and the system called by its number.

use crate::mapping::Room;
use crate::name::LONGEST;
use crate::real::{FAILED, NULL, real};
use crate::settings::variables;
use crate::system::{self, FACCESSAT2, OPENAT2, call, number, text};

unsafe extern "C" {
    /// The environment that a new program gets where none is said.
    static environ: *const usize;
}

/// A longer environment is passed on as it is.
const VARIABLES_MAX: usize = 2048;

/// An environment for a new program, in which stands what we were told in ours.
struct Environment([usize; VARIABLES_MAX]);

impl Environment {
    const fn new() -> Self {
        Self([0; VARIABLES_MAX])
    }

    /// `said`, with those of our variables that the program has dropped.
    fn kept(&mut self, said: usize) -> usize {
        let ours = variables();
        let mut has = ours.map(|(_, variable)| variable.is_empty());
        let mut count = 0;
        // SAFETY: an environment is a list of texts, and a zero ends it.
        unsafe {
            while said != 0 && *(said as *const usize).add(count) != 0 {
                if count + ours.len() + 1 >= VARIABLES_MAX {
                    return said;
                }
                self.0[count] = *(said as *const usize).add(count);
                let variable = text(self.0[count] as *const u8);
                for (has, (name, _)) in has.iter_mut().zip(ours) {
                    *has |= variable.starts_with(name);
                }
                count += 1;
            }
        }
        if has == [true; 4] {
            return said;
        }
        for (_, (_, variable)) in has.iter().zip(ours).filter(|(has, _)| !**has) {
            self.0[count] = variable.as_ptr() as usize;
            count += 1;
        }
        self.0[count] = 0;
        self.0.as_ptr() as usize
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn execve(path: usize, arguments: usize, variables: usize) -> usize {
    let (mut room, mut environment) = (Room::new(), Environment::new());
    let (path, variables) = (room.there(path), environment.kept(variables));
    real!(execve(path, arguments, variables), FAILED)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn execvpe(path: usize, arguments: usize, variables: usize) -> usize {
    let (mut room, mut environment) = (Room::new(), Environment::new());
    let (path, variables) = (room.program(path), environment.kept(variables));
    real!(execvpe(path, arguments, variables), FAILED)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn execv(path: usize, arguments: usize) -> usize {
    // SAFETY: the program's own.
    unsafe { execve(path, arguments, environ as usize) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn execvp(path: usize, arguments: usize) -> usize {
    // SAFETY: the program's own.
    unsafe { execvpe(path, arguments, environ as usize) }
}

macro_rules! spawning {
    ($($name:ident, $want:ident;)*) => { $(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(
            to: usize,
            path: usize,
            actions: usize,
            settings: usize,
            arguments: usize,
            variables: usize,
        ) -> usize {
            let (mut room, mut environment) = (Room::new(), Environment::new());
            let (path, variables) = (room.$want(path), environment.kept(variables));
            real!($name(to, path, actions, settings, arguments, variables), FAILED)
        }
    )* };
}
spawning! { posix_spawn, there; posix_spawnp, program; }

#[unsafe(no_mangle)]
unsafe extern "C" fn posix_spawn_file_actions_addopen(
    actions: usize,
    descriptor: usize,
    path: usize,
    flags: usize,
    mode: usize,
) -> usize {
    let mut room = Room::new();
    let path = room.opened(path, flags);
    real!(posix_spawn_file_actions_addopen(actions, descriptor, path, flags, mode), FAILED)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dlopen(path: usize, flags: usize) -> usize {
    let mut room = Room::new();
    let path = room.program(path);
    real!(dlopen(path, flags), NULL)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dlmopen(space: usize, path: usize, flags: usize) -> usize {
    let mut room = Room::new();
    let path = room.program(path);
    real!(dlmopen(space, path, flags), NULL)
}

/// `AF_UNIX`.
const UNIX: u16 = 1;
/// The longest path of a socket, with its zero.
const SOCKET_PATH_MAX: usize = 108;

/// `sockaddr_un`.
#[repr(C)]
struct SocketAddress {
    family: u16,
    path: [u8; SOCKET_PATH_MAX],
}

impl SocketAddress {
    const fn new() -> Self {
        Self { family: UNIX, path: [0; SOCKET_PATH_MAX] }
    }

    /// The address to use instead of the one at `said`, which has `length` bytes.
    fn mapped(&mut self, said: usize, length: usize, makes: bool) -> (usize, usize) {
        let same = (said, length);
        // The first byte of a path is not zero; other names are no files.
        if said == 0 || !(4..=2 + SOCKET_PATH_MAX).contains(&(length as u32 as usize)) {
            return same;
        }
        let length = length as u32 as usize;
        let mut path = [0_u8; SOCKET_PATH_MAX + 1];
        // SAFETY: the program says that it has so many bytes; a zero comes after them here.
        unsafe {
            if *(said as *const u16) != UNIX || *(said as *const u8).add(2) == 0 {
                return same;
            }
            core::ptr::copy_nonoverlapping((said as *const u8).add(2), path.as_mut_ptr(), length - 2);
        }
        let (mut room, at) = (Room::new(), path.as_ptr() as usize);
        let found = if makes { room.made(at) } else { room.there(at) };
        // SAFETY: a mapped path ends.
        let found = unsafe { text(found as *const u8) };
        if found.as_ptr() as usize == at || found.len() >= SOCKET_PATH_MAX {
            return same;
        }
        self.path[..found.len()].copy_from_slice(found);
        (core::ptr::from_ref(self) as usize, 2 + found.len() + 1)
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn bind(socket: usize, address: usize, length: usize) -> usize {
    let mut mapped = SocketAddress::new();
    let (address, length) = mapped.mapped(address, length, true);
    real!(bind(socket, address, length), FAILED)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn connect(socket: usize, address: usize, length: usize) -> usize {
    let mut mapped = SocketAddress::new();
    let (address, length) = mapped.mapped(address, length, false);
    real!(connect(socket, address, length), FAILED)
}

/// The function that takes any call of the system by its number: Boost and the C++ library look at files with
/// it.
#[unsafe(no_mangle)]
unsafe extern "C" fn syscall(of: usize, a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> usize {
    let mut room = Room::new();
    let b = match of {
        number::OPENAT => room.opened_at(b, a, c),
        // What it says of how to resolve holds for the path as said.
        // SAFETY: a program that calls this has a `struct open_how` of three numbers there.
        OPENAT2 if c != 0 && unsafe { *(c as *const u64).add(2) } == 0 => {
            // SAFETY: as above.
            let flags = unsafe { *(c as *const u64) };
            room.opened_at(b, a, flags as usize)
        }
        number::NEWFSTATAT => room.seen_at(b, a, d),
        number::STATX => room.seen_at(b, a, c),
        number::FACCESSAT => room.there_at(b, a),
        FACCESSAT2 => room.seen_at(b, a, d),
        number::READLINKAT | number::UNLINKAT => room.link_at(b, a),
        number::MKDIRAT => room.made_at(b, a),
        _ => b,
    };
    // SAFETY: the program's own.
    let result = unsafe { call(of, [a, b, c, d, e, f]) };
    let fault = usize::try_from(result.wrapping_neg()).unwrap_or(0);
    if (1..LONGEST).contains(&fault) {
        system::set_errno(fault as i32);
        return FAILED;
    }
    result as usize
}
