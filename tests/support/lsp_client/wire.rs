//! The server's process and the framing of its messages.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

/// What could make a test depend on the machine that it runs on.
const MACHINE: [&str; 8] = [
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OLLAMA_HOST",
    "STORYWRIGHT_CONFIG",
    "STORYWRIGHT_LOG",
    "HTTP_PROXY",
];

/// A running server.
pub struct Process {
    pid: u32,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    ended: Receiver<ExitStatus>,
    status: Option<ExitStatus>,
    errors: Arc<Mutex<String>>,
}

impl Process {
    /// `storywright lsp` in `folder`, with nothing of this machine's settings.
    pub fn start(folder: &Path, config: &Path, variables: &[(String, String)]) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_storywright"));
        command
            .arg("lsp")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for name in MACHINE {
            command.env_remove(name);
        }
        // A closed port, so that no model server of this machine answers.
        command.env("OLLAMA_HOST", "127.0.0.1:9");
        command.env("STORYWRIGHT_LOCAL_PORTS", "off");
        command.env("NO_PROXY", "127.0.0.1");
        command.env("STORYWRIGHT_CONFIG", config);
        command.envs(variables.iter().cloned());
        Process::of(command.spawn().expect("the server starts"))
    }

    fn of(mut child: Child) -> Process {
        let input = child.stdin.take();
        let output = child.stdout.take().expect("piped");
        let stderr = child.stderr.take().expect("piped");
        let (tell, messages) = mpsc::channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = read_message(&mut output) {
                if tell.send(message).is_err() {
                    return;
                }
            }
        });
        let errors = Arc::new(Mutex::new(String::new()));
        let collected = Arc::clone(&errors);
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut errors = collected.lock().unwrap_or_else(PoisonError::into_inner);
                errors.push_str(&line);
                errors.push('\n');
            }
        });
        let pid = child.id();
        let (tell, ended) = mpsc::channel();
        std::thread::spawn(move || {
            let _ = tell.send(child.wait().expect("the server can be waited for"));
        });
        Process {
            pid,
            input,
            messages,
            ended,
            status: None,
            errors,
        }
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Sends a message. A server that has ended takes none, and that is no error.
    pub fn send(&mut self, message: &Value) {
        self.send_raw(frame(message).as_bytes());
    }

    pub fn send_raw(&mut self, bytes: &[u8]) {
        if let Some(input) = &mut self.input {
            let _ = input.write_all(bytes).and_then(|()| input.flush());
        }
    }

    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// The next message, if one comes until then.
    pub fn receive(&self, until: Instant) -> Result<Value, RecvTimeoutError> {
        let patience = until.saturating_duration_since(Instant::now());
        self.messages.recv_timeout(patience)
    }

    /// How the process ended; `None` if it did not in time.
    pub fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.ended.recv_timeout(patience).ok();
        }
        self.status
    }

    /// What it printed to standard error.
    pub fn errors(&self) -> String {
        self.errors
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// As if the machine had lost power, for this process.
    pub fn kill(&mut self) {
        if self.wait(Duration::ZERO).is_none() {
            #[cfg(unix)]
            // SAFETY: a plain system call; the process has not been waited for, so its id is its own.
            unsafe {
                libc::kill(
                    i32::try_from(self.pid).expect("a process id"),
                    libc::SIGKILL,
                );
            }
            #[cfg(windows)]
            terminate(self.pid);
            self.wait(Duration::from_secs(60));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.close_input();
        if self.wait(Duration::from_secs(30)).is_none() {
            self.kill();
        }
    }
}

#[cfg(windows)]
fn terminate(pid: u32) {
    use windows_sys::Win32::Foundation::CloseHandle;
    use windows_sys::Win32::System::Threading::{OpenProcess, PROCESS_TERMINATE, TerminateProcess};
    // SAFETY: plain system calls; the process has not been waited for, so its id is its own.
    unsafe {
        let process = OpenProcess(PROCESS_TERMINATE, 0, pid);
        TerminateProcess(process, 1);
        CloseHandle(process);
    }
}

/// A message with its head.
pub fn frame(message: &Value) -> String {
    let body = message.to_string();
    format!("Content-Length: {}\r\n\r\n{body}", body.len())
}

fn read_message(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            head => {
                if let Some(value) = head.strip_prefix("Content-Length: ") {
                    length = value.parse().expect("a length");
                }
            }
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).expect("the server sends JSON"))
}
