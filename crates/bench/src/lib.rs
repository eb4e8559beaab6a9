//! A plain stopwatch: work and whole programs, measured in turn, medians compared.
//!
//! **Enters:** closures, and command lines of programs.
//! **Leaves:** the median time and processor time of each, and their ratios.
//! **Never:** a number from another run or another machine to compare with.

mod process;
mod stopwatch;

pub use process::{Finished, memory_peak_of, program, run};
pub use stopwatch::{Cost, Series, median, time};
