//! Measures Visavis beside what people use instead, in turn and in one run: `./dev bench NAME`.
//! Figures go to standard output, one JSON object a line; what is going on goes to standard error.

mod call;
mod devices;
mod figure;
#[cfg(target_os = "linux")]
mod file;
mod people;
mod process;
mod signaling;
mod soak;

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let name = words.first().map_or("", String::as_str);
    let result = match name {
        "call" => call::measure(words.get(1).map(String::as_str)),
        "devices" => devices::measure(),
        #[cfg(target_os = "linux")]
        "file" => file::measure(words.get(1).map(String::as_str)),
        "signaling" => signaling::measure(),
        "soak" => soak::measure(words.get(1).map(String::as_str)),
        _ => Err(format!(
            "there is no bench {name:?}; there are: call, devices, file, signaling, soak"
        )),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
