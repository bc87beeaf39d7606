//! The vendors' Python libraries in a virtual environment of their own, which is kept between runs.

use serde_json::Value;
use std::{
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const REQUIREMENTS: &str = "tests/signatures/requirements.txt";
const SCRIPT: &str = "tests/signatures/verify.py";

/// Set where a missing Python is a failure and not a reason to leave the test out.
const REQUIRED: &str = "PIVOT_REQUIRE_PYTHON";

/// Python with the libraries; `None`, and a line that nobody can overlook, if it cannot be had.
pub fn python() -> Option<PathBuf> {
    match environment() {
        Ok(python) => Some(python),
        Err(error) if env::var_os(REQUIRED).is_some() => panic!("{REQUIRED} is set, but {error}"),
        Err(error) => {
            // The test harness swallows what is printed, but not what is written.
            let mut terminal = io::stderr();
            writeln!(terminal, "\n*** NOT COMPARED WITH THE VENDORS' OWN LIBRARIES: {error} ***")
                .unwrap();
            None
        }
    }
}

/// Whether each of the requests is genuine, in the eyes of its vendor's library.
pub fn verify(python: &Path, requests: &[Value]) -> Vec<bool> {
    let mut command = Command::new(python);
    command.arg(SCRIPT).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let input = serde_json::to_vec(requests).unwrap();
    child.stdin.take().unwrap().write_all(&input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{SCRIPT} failed");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn environment() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("signatures-python");
    let (python, installed) = (folder.join("bin/python"), folder.join("installed.txt"));
    let wanted = fs::read(REQUIREMENTS).unwrap();
    if fs::read(&installed).is_ok_and(|there| there == wanted) {
        return Ok(python);
    }
    // What an interrupted run or other requirements left behind.
    _ = fs::remove_dir_all(&folder);
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    let pip =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS];
    run(Command::new(&python).args(pip))?;
    fs::write(&installed, wanted).unwrap();
    Ok(python)
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{:?}: {error}", command.get_program()))?;
    match output.status.success() {
        true => Ok(()),
        false => {
            let said = [output.stdout, output.stderr].concat();
            Err(format!("{command:?} failed: {}", String::from_utf8_lossy(&said).trim()))
        }
    }
}
