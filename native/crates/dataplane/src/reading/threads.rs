//! The threads themselves.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use super::THREADS;
use crate::shared::Shared;

/// Running threads.
pub(crate) struct Readers {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(crate) fn start(shared: &Arc<Shared>) -> io::Result<Self> {
        let mut readers = Self { shared: shared.clone(), threads: Vec::new() };
        for nth in 0..THREADS {
            let shared = shared.clone();
            let builder = std::thread::Builder::new().name(format!("tp-read-{nth}"));
            match builder.spawn(move || shared.reading.run(&shared)) {
                Ok(thread) => readers.threads.push(thread),
                Err(error) => {
                    readers.stop();
                    return Err(error);
                }
            }
        }
        Ok(readers)
    }

    /// Ends the threads; false when one had panicked.
    pub(crate) fn stop(self) -> bool {
        self.shared.reading.stop();
        // All of them, also behind one that had panicked.
        let panicked = self.threads.into_iter().filter_map(|thread| thread.join().err());
        panicked.count() == 0
    }
}
