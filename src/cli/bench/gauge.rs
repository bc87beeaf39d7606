//! What the kernel says about a process: its CPU time and its memory.

use std::{fs, io, path::PathBuf, time::Duration};

/// Watches one process through `/proc`.
#[derive(Clone, Debug)]
pub(super) struct Gauge {
    folder: PathBuf,
}

/// Clock ticks of `/proc/PID/stat` in a second. Linux reports these in units of 1/100 s on every
/// platform (`USER_HZ`), whatever its own timer does.
const TICKS: u32 = 100;

impl Gauge {
    /// The gauge of that process. Fails if there is no such process, or no `/proc`.
    pub(super) fn of(pid: u32) -> io::Result<Self> {
        let gauge = Self { folder: PathBuf::from(format!("/proc/{pid}")) };
        gauge.cpu()?;
        Ok(gauge)
    }

    /// CPU time that all its threads have used, in user and kernel mode.
    pub(super) fn cpu(&self) -> io::Result<Duration> {
        let stat = fs::read_to_string(self.folder.join("stat"))?;
        // The second field is the program's name in parentheses, and may hold anything.
        let (_, fields) = stat.rsplit_once(") ").ok_or_else(unreadable)?;
        let mut fields = fields.split(' ').skip(11);
        let mut ticks = || fields.next().and_then(|f| f.parse::<u32>().ok()).ok_or_else(unreadable);
        let (user, system) = (ticks()?, ticks()?);
        Ok(Duration::from_secs(1) * (user + system) / TICKS)
    }

    /// Memory that is resident, bytes; the kernel's own buffers are not in it.
    pub(super) fn resident(&self) -> io::Result<u64> {
        let status = fs::read_to_string(self.folder.join("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes =
            line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kilobytes.map(|kilobytes| kilobytes * 1024).ok_or_else(unreadable)
    }
}

fn unreadable() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "/proc does not look like that of Linux")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_time_and_memory() {
        let gauge = Gauge::of(std::process::id()).unwrap();
        assert!(gauge.resident().unwrap() > 100_000);
        let before = gauge.cpu().unwrap();
        let mut sum = 0_u64;
        while gauge.cpu().unwrap() == before {
            sum = std::hint::black_box((0..100_000_u64).fold(sum, u64::wrapping_add));
        }
    }

    #[test]
    fn a_process_that_is_not_there_is_an_error() {
        assert!(Gauge::of(u32::MAX).is_err());
    }
}
