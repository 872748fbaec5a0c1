//! `turbopump-loadgen`: puts a broker under load over the wire and says what it did.
//!
//! A development tool, not part of the product: it speaks to ours and to Java's broker alike, so
//! that both are measured by one driver, and it is the outside witness of crash tests: its ledger
//! knows what was attempted and what was acknowledged, and `verify` holds a broker against it.
//!
//! Invariants: one thread, so its own CPU time is one figure; results are one JSON object on
//! stdout, everything else goes to stderr; a send is in the ledger before its bytes leave.
//! Refuses: consumer groups, rebalancing, retries. A real client tests those.

// Figures for people: 52 bits are enough.
#![allow(clippy::cast_precision_loss)]

mod arguments;
mod body;
mod driver;
mod drop_cache;
mod echo;
mod error;
mod ledger;
mod limits;
mod line;
mod process;
mod produce;
mod pull;
mod readiness;
mod report;
mod requests;
mod send_frames;
mod verify;

use std::process::ExitCode;

use arguments::Arguments;
use error::LoadError;

const USAGE: &str = "\
usage: turbopump-loadgen COMMAND [--name value]...

produce      send messages    --server HOST:PORT --topic T [--queues 8] [--connections 4]
             [--topics N]: over the topics T_0 to T_N-1 instead of T
             [--in-flight 16] [--body-bytes 1024 | MIN-MAX] [--seconds 10 | --count N]
             [--warmup-seconds 0] [--rate PER_SECOND] [--json] [--reconnect] [--ledger FILE]
             --rate: open loop, latency counts from the time a send was due
             --in-flight: per connection
pull         read all queues  --server HOST:PORT --topic T [--queues 8] [--connections 4]
             [--batch 32] [--passes 1] [--seconds N] [--json]
drop-cache   --folder DIR: its files leave the page cache
verify       --server HOST:PORT --ledger FILE [--queues 8] [--json]; exit code 1 on any finding
echo-limit   what the transport itself can do [--loops 1] [--spin-us 0] [--runs 3] [--seconds 2]
             [--server HOST:PORT]: another echo server instead
synced-write-limit, append-limit --file NEW [--block-bytes 65536] [--seconds 2]
memcpy-limit [--block-bytes 65536] [--seconds 2]
echo-server  [--port 0] [--loops 1] [--spin-us 0]; prints its port, ends with its stdin

produce, pull and echo-limit take --server-pid PID: CPU seconds and memory of that process are
reported too.";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("turbopump-loadgen: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode, LoadError> {
    let mut arguments = Arguments::new(std::env::args().skip(1));
    let command = arguments.command();
    match command.as_deref() {
        Some("produce") => produce::run(arguments),
        Some("pull") => pull::run(arguments),
        Some("drop-cache") => drop_cache::run(arguments),
        Some("verify") => verify::run(arguments),
        Some("echo-limit") => echo::limit::run(arguments),
        Some("synced-write-limit") => limits::synced_write(arguments),
        Some("append-limit") => limits::append(arguments),
        Some("memcpy-limit") => limits::copy(arguments),
        Some("echo-server") => echo::server::run(arguments),
        _ => Err(LoadError::Usage(USAGE.to_owned())),
    }
}
