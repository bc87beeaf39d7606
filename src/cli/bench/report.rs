//! The results, for people and for programs.

use super::{arguments::Arguments, load::Tally};
use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};
use std::time::Duration;

const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const BAD: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red))).bold();

/// Everything that a run has measured.
#[derive(Debug, Default)]
pub(super) struct Measured {
    pub(super) tally: Tally,
    /// CPU time of the server from the first call to the last (and the last CDR).
    pub(super) cpu: Option<Duration>,
    pub(super) idle: Option<IdleMeasured>,
    /// Largest resident memory seen at the end of a phase, bytes.
    pub(super) resident: Option<u64>,
    /// CDRs delivered, of a server of our own.
    pub(super) cdrs: Option<u64>,
    /// From the start of the process to the first accepted connection.
    pub(super) started_in: Option<Duration>,
}

/// What idle calls cost.
#[derive(Debug)]
pub(super) struct IdleMeasured {
    pub(super) calls: u64,
    /// Of them, still up at the end.
    pub(super) still_up: u64,
    /// Bytes of resident memory for each.
    pub(super) memory: Option<u64>,
    /// CPU time of the server in a second.
    pub(super) cpu_per_second: Option<Duration>,
}

impl Measured {
    pub(super) fn is_good(&self) -> bool {
        let all_up = self.idle.as_ref().is_none_or(|idle| idle.still_up == idle.calls);
        let delivered = self.cdrs.is_none_or(|cdrs| cdrs >= self.tally.hung_up_by_server);
        self.tally.otherwise.is_empty() && all_up && delivered
    }

    fn calls(&self) -> u64 {
        let otherwise: u64 = self.tally.otherwise.iter().map(|(_, count)| count).sum();
        self.tally.hung_up_by_server + otherwise
    }

    fn cpu_per_call(&self) -> Option<Duration> {
        let calls = u32::try_from(self.calls()).ok().filter(|calls| *calls > 0)?;
        Some(self.cpu? / calls)
    }

    /// Prints them.
    pub(super) fn show(&self, arguments: &Arguments) {
        if arguments.json {
            anstream::println!("{}", self.json());
            return;
        }
        if let Some(started) = self.started_in {
            line("start to first accepted connection", &millis(started));
        }
        if let Some(idle) = &self.idle {
            line("idle calls", &format!("{} ({} still up)", idle.calls, idle.still_up));
            if let Some(memory) = idle.memory {
                line("memory for each", &format!("{:.1} KiB", memory as f64 / 1024.0));
            }
            if let Some(cpu) = idle.cpu_per_second {
                line("CPU while they idle", &format!("{} in a second", millis(cpu)));
            }
        }
        if self.calls() > 0 {
            self.show_calls();
        }
        for (how, count) in &self.tally.otherwise {
            anstream::println!("{BAD}{count} calls ended otherwise: {how}{BAD:#}");
        }
    }

    fn show_calls(&self) {
        let (tally, calls) = (&self.tally, self.calls());
        let took = tally.took.as_secs_f64();
        let rate = calls as f64 / took;
        line("calls", &format!("{calls} in {took:.1} s, {rate:.1} a second"));
        line("connection to first command", &percentiles(&tally.first_commands));
        line("completed step to next command", &percentiles(&tally.next_commands));
        let each = |n: u64| n as f64 / calls as f64;
        let (commands, events) = (each(tally.commands), each(tally.events));
        line("commands and events in a call", &format!("{commands:.1} and {events:.1}"));
        let (sent, received) = (each(tally.sent) / 1000.0, each(tally.received) / 1000.0);
        let bytes = format!("{sent:.1} KB to the server, {received:.1} KB from it");
        line("bytes in a call", &bytes);
        if let Some(cpu) = self.cpu_per_call() {
            line("CPU of the server for a call", &micros(cpu));
        }
        if let Some(resident) = self.resident {
            line("resident memory", &format!("{:.1} MiB", resident as f64 / 1024.0 / 1024.0));
        }
        if let Some(cdrs) = self.cdrs {
            line("CDRs delivered", &cdrs.to_string());
        }
    }

    /// The same for programs; lengths in microseconds.
    fn json(&self) -> Value {
        let us = |length: Duration| length.as_nanos() as f64 / 1000.0;
        let spread = |lengths: &[Duration]| {
            let sorted = sorted(lengths);
            let at = |share| quantile(&sorted, share).map(us);
            json!({ "count": sorted.len(), "p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "max": at(1.0) })
        };
        let tally = &self.tally;
        json!({
            "calls": self.calls(),
            "hung_up_by_server": tally.hung_up_by_server,
            "otherwise": tally.otherwise.iter().map(|(how, n)| json!({ "how": how, "calls": n })).collect::<Vec<_>>(),
            "took_us": us(tally.took),
            "first_command_us": spread(&tally.first_commands),
            "next_command_us": spread(&tally.next_commands),
            "commands": tally.commands,
            "events": tally.events,
            "bytes_to_server": tally.sent,
            "bytes_from_server": tally.received,
            "cpu_per_call_us": self.cpu_per_call().map(us),
            "resident_bytes": self.resident,
            "cdrs": self.cdrs,
            "started_in_us": self.started_in.map(us),
            "idle": self.idle.as_ref().map(|idle| json!({
                "calls": idle.calls,
                "still_up": idle.still_up,
                "bytes_per_call": idle.memory,
                "cpu_per_second_us": idle.cpu_per_second.map(us),
            })),
        })
    }
}

fn line(what: &str, value: &str) {
    anstream::println!("{FAINT}{what:<36}{FAINT:#}{STRONG}{value}{STRONG:#}");
}

fn percentiles(lengths: &[Duration]) -> String {
    let sorted = sorted(lengths);
    let at = |share| quantile(&sorted, share).map_or_else(|| "–".to_owned(), micros);
    format!("median {}, 90 % {}, 99 % {}, longest {}", at(0.5), at(0.9), at(0.99), at(1.0))
}

fn sorted(lengths: &[Duration]) -> Vec<Duration> {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    sorted
}

/// The length that this share of all does not exceed (nearest rank).
fn quantile(sorted: &[Duration], share: f64) -> Option<Duration> {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

fn micros(length: Duration) -> String {
    let micros = length.as_nanos() as f64 / 1000.0;
    if micros < 10_000.0 { format!("{micros:.0} µs") } else { millis(length) }
}

fn millis(length: Duration) -> String {
    format!("{:.2} ms", length.as_nanos() as f64 / 1_000_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_nearest_rank() {
        let hundred: Vec<_> = (1..=100).map(Duration::from_micros).collect();
        for (share, micros) in [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1)] {
            assert_eq!(quantile(&hundred, share), Some(Duration::from_micros(micros)));
        }
        assert_eq!(quantile(&[], 0.5), None);
    }
}
