//! `tapetum run` as a process of its own, and what it logs.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take on a machine that has other work.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A running `tapetum run`, killed at the end.
pub(crate) struct Tapetum {
    child: Child,
    folder: TempDir,
    log: Arc<Mutex<Vec<Value>>>,
}

/// What a process holds of the machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    /// Resident memory.
    pub(crate) megabytes: f64,
    /// Open descriptors.
    pub(crate) descriptors: usize,
    pub(crate) threads: usize,
}

impl Tapetum {
    /// Runs a pipeline file with this text.
    #[track_caller]
    pub(crate) fn run(config: &str) -> Self {
        Self::run_with(config, &[])
    }

    /// Runs a pipeline file with this text and these environment variables.
    #[track_caller]
    pub(crate) fn run_with(config: &str, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pipeline.toml");
        std::fs::write(&file, config).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_tapetum"))
            .args(["--log-format", "json", "run"])
            .arg(&file)
            // Found beside the program too, unless cargo builds into a folder elsewhere.
            .env("TAPETUM_MODEL_PATH", root().join("models"))
            .env("ORT_DYLIB_PATH", root().join(".runtime/onnxruntime"))
            .env("TAPETUM_OPENVINO_PLUGIN", root().join(OPENVINO))
            .env_remove("RUST_LOG")
            .env_remove("GST_DEBUG")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::default();
        collect(&mut child, &log);
        Self { child, folder, log }
    }

    /// The pipeline file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("pipeline.toml")
    }

    /// The log so far, one line each.
    pub(crate) fn log(&self) -> String {
        let log = self.log.lock().unwrap();
        log.iter().map(|line| format!("{line}\n")).collect()
    }

    /// Waits for a log line whose message is `message`, the `count`th such line.
    #[track_caller]
    pub(crate) fn wait_for(&self, message: &str, count: usize) -> Value {
        let start = Instant::now();
        loop {
            let found = self.lines(message).get(count - 1).cloned();
            if let Some(line) = found {
                return line;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "no {message:?} ({count}) in\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The log lines whose message starts with `message`.
    pub(crate) fn lines(&self, message: &str) -> Vec<Value> {
        let log = self.log.lock().unwrap();
        let is_meant = |line: &&Value| {
            line["fields"]["message"]
                .as_str()
                .is_some_and(|text| text.starts_with(message))
        };
        log.iter().filter(is_meant).cloned().collect()
    }

    /// The URL of a mount.
    #[track_caller]
    pub(crate) fn url(&self, mount: &str) -> String {
        let port = self.wait_for("serving", 1)["fields"]["port"].clone();
        format!("rtsp://127.0.0.1:{port}{mount}")
    }

    /// A figure from the last report of a stream.
    #[track_caller]
    pub(crate) fn figure(&self, name: &str) -> u64 {
        *self.figures(name).last().expect("no report")
    }

    /// A figure from the last report of each stream.
    #[track_caller]
    pub(crate) fn figures(&self, name: &str) -> Vec<u64> {
        let read = |line: &Value| {
            let figures = line["fields"]["figures"].as_str().unwrap();
            let value = figures
                .split(' ')
                .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            let value = value.unwrap_or_else(|| panic!("no {name} in {figures}"));
            value.parse().unwrap()
        };
        self.lines("stopped").iter().map(read).collect()
    }

    /// Replaces the pipeline file's text.
    #[track_caller]
    pub(crate) fn change(&self, config: &str) {
        std::fs::write(self.file(), config).unwrap();
    }

    /// Forgets the log so far.
    pub(crate) fn forget_log(&self) {
        self.log.lock().unwrap().clear();
    }

    /// What it holds now.
    #[track_caller]
    pub(crate) fn held(&self) -> Held {
        let process = PathBuf::from(format!("/proc/{}", self.child.id()));
        let status = std::fs::read_to_string(process.join("status")).unwrap();
        let field = |name: &str| {
            let value = status.lines().find_map(|line| line.strip_prefix(name));
            let number = value.and_then(|value| value.split_whitespace().next());
            number.unwrap().parse::<f64>().unwrap()
        };
        Held {
            megabytes: field("VmRSS:") / 1000.0,
            descriptors: std::fs::read_dir(process.join("fd")).unwrap().count(),
            threads: field("Threads:") as usize,
        }
    }

    /// Sends a signal by its name.
    #[track_caller]
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success(), "kill -s {name}");
    }

    /// Sends SIGTERM and waits for the end.
    #[track_caller]
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }

    /// Waits for the end.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                // What it said last is still on its way.
                std::thread::sleep(Duration::from_millis(100));
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "does not end:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Kills it as a power cut would.
    pub(crate) fn kill(&mut self) {
        // Fails only if it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Tapetum {
    fn drop(&mut self) {
        self.kill();
    }
}

fn collect(child: &mut Child, log: &Arc<Mutex<Vec<Value>>>) {
    let (log, stderr) = (Arc::clone(log), child.stderr.take().unwrap());
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let value = serde_json::from_str(&line).unwrap_or(Value::String(line));
            log.lock().unwrap().push(value);
        }
    });
}

/// Where scripts/setup puts the provider.
const OPENVINO: &str = ".runtime/openvino/libonnxruntime_providers_openvino_plugin.so";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A TCP port that nobody has just now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// What a simulated camera is like.
#[derive(Clone)]
pub(crate) struct Camera {
    pub(crate) address: &'static str,
    pub(crate) port: u16,
    pub(crate) pattern: &'static str,
    pub(crate) size: (u32, u32),
    pub(crate) codec: &'static str,
    pub(crate) password: Option<&'static str>,
}

impl Camera {
    /// A camera that shows white.
    pub(crate) fn white() -> Self {
        Self {
            address: "127.0.0.1",
            port: free_port(),
            pattern: "white",
            size: (320, 240),
            codec: "h264",
            password: None,
        }
    }

    /// Switches it on.
    #[track_caller]
    pub(crate) fn start(&self) -> Tapetum {
        let user = self.password.map_or(String::new(), |password| {
            format!("[[server.user]]\nname = 'admin'\npassword = '{password}'\n")
        });
        let camera = Tapetum::run(&format!(
            "[server]\naddress = '{address}'\nport = {port}\n{user}[[stream]]\nname = 'camera'\nrestore.strength = 0.0\n\
             source = {{ kind = 'test', pattern = '{pattern}', width = {width}, height = {height}, framerate = 15 }}\n\
             encode = {{ codec = '{codec}', bitrate = 500, keyframe-interval-ms = 1000 }}\n\
             [[stream.sink]]\nkind = 'rtsp'\nmount = '/camera'\n",
            address = self.address,
            port = self.port,
            pattern = self.pattern,
            codec = self.codec,
            width = self.size.0,
            height = self.size.1,
        ));
        camera.wait_for("mounted", 1);
        camera
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("rtsp://127.0.0.1:{}/camera", self.port)
    }

    /// The section of a stream that takes it, unrestored, to the mount `/night`.
    pub(crate) fn stream(&self) -> String {
        format!(
            "[server]\nport = 0\n[[stream]]\nname = 'night'\nrestore.strength = 0.0\n\
             source = {{ kind = 'rtsp', location = '{}' }}\n\
             encode = {{ bitrate = 500, keyframe-interval-ms = 1000 }}\n\
             [[stream.sink]]\nkind = 'rtsp'\nmount = '/night'\n",
            self.url()
        )
    }
}
