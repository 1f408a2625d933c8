//! Runs a test in a process whose libcuda is the stand-in: whoever loads a library looks at `LD_LIBRARY_PATH` as it was
//! when the process began.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Set in the process that has the stand-in.
const CHILD: &str = "TAPETUM_TEST_STAND_IN";
/// How long a test may take: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(300);

/// Has `test`, which is the test `name`, run with the stand-in. Gives what that process said on standard error; nothing
/// in that process itself.
#[track_caller]
pub(crate) fn on_stand_in(name: &str, test: impl FnOnce()) -> Option<String> {
    if std::env::var_os(CHILD).is_some() {
        lowlight_engine::device::let_host_memory_stand_in();
        test();
        return None;
    }
    let folder = folder();
    let said = folder.join(format!("{name}.txt"));
    let registry = folder.join(format!("{name}.registry"));
    // One of an earlier run knows the plugins as they were with the stand-ins of then.
    let _ = std::fs::remove_file(&registry);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, "1")
        .env("LD_LIBRARY_PATH", folder)
        // The user's registry says that the CUDA elements are not there.
        .env("GST_REGISTRY", &registry)
        .env("GST_PLUGIN_SYSTEM_PATH_1_0", folder.join("plugins"))
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&said).unwrap())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{name} hangs:\n{}", text(&said));
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success(), "{name}: {status}\n{}", text(&said));
    Some(text(&said))
}

fn text(file: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned()
}

/// The folder with the stand-ins, compiled once, and with the few plugins that the tests need: a registry of all that is
/// installed would be made anew for each of them.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cuda-stand-in");
        let plugins = folder.join("plugins");
        std::fs::create_dir_all(&plugins).unwrap();
        for name in ["libcuda", "libnvcuvid"] {
            let source = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("tests/lowlightrestore_cuda")
                .join(format!("{name}.c"));
            let status = Command::new("cc")
                .args(["-shared", "-fPIC", "-O1", "-w", "-o"])
                .args([&folder.join(format!("{name}.so.1")), &source])
                .status()
                .unwrap();
            assert!(status.success(), "cc does not compile {}", source.display());
        }
        gst::init().unwrap();
        for name in ["coreelements", "app", "nvcodec", "videoconvertscale"] {
            let plugin = gst::Registry::get().find_plugin(name);
            let file = plugin
                .unwrap_or_else(|| panic!("no plugin {name}"))
                .filename()
                .unwrap();
            let link = plugins.join(file.file_name().unwrap());
            if !link.exists() {
                std::os::unix::fs::symlink(&file, &link).unwrap();
            }
        }
        folder
    })
}
