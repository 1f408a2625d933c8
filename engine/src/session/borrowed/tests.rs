use super::*;
use ort::editor::{Graph, Model, Node, ONNX_DOMAIN, Opset};
use ort::session::Session;
use ort::value::{Outlet, Shape, SymbolicDimensions, ValueType};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Set in the process that may hang.
const CHILD: &str = "TAPETUM_TEST_BINDS";

/// `output = input`, eight bytes.
fn identity() -> Session {
    let checkout = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let runtime = crate::Runtime::load(Some(&checkout.join(".runtime/onnxruntime"))).unwrap();
    let outlet = |name| {
        let dtype = ValueType::Tensor {
            ty: TensorElementType::Uint8,
            shape: Shape::new([8]),
            dimension_symbols: SymbolicDimensions::empty(1),
        };
        Outlet::new(name, dtype)
    };
    let mut graph = Graph::new().unwrap();
    graph.set_inputs([outlet("input")]).unwrap();
    graph.set_outputs([outlet("output")]).unwrap();
    let node = Node::new("Identity", ONNX_DOMAIN, "it", ["input"], ["output"], []);
    graph.add_node(node.unwrap()).unwrap();
    let mut model = Model::new([Opset::new(ONNX_DOMAIN, 17).unwrap()]).unwrap();
    model.set_graph(graph).unwrap();
    model
        .into_session(&runtime.environment().builder().unwrap())
        .unwrap()
}

fn over(bytes: &mut [u8; 8]) -> DynTensor {
    let address = bytes.as_mut_ptr() as usize;
    // SAFETY: the tests keep the bytes until they have run.
    unsafe { tensor(Place::Host, address, TensorElementType::Uint8, &[8]) }.unwrap()
}

#[test]
fn a_run_reads_and_writes_borrowed_memory_where_it_lies() {
    let (mut from, mut to) = ([7; 8], [0; 8]);
    let mut session = identity();
    let (input, output) = (over(&mut from), over(&mut to));
    let selector = ort::session::OutputSelector::no_default()
        .with("output")
        .preallocate("output", output);
    let options = ort::session::RunOptions::new()
        .unwrap()
        .with_outputs(selector);
    let inputs = [ort::session::SessionInputValue::from(input)];
    drop(session.run_with_options(&inputs[..], &options).unwrap());
    assert_eq!(to, [7; 8]);
    // Nothing was copied when the tensors were made.
    from.fill(9);
    drop(session.run_with_options(&inputs[..], &options).unwrap());
    assert_eq!(to, [9; 8]);
}

/// A bound tensor on the session's own device: what hangs with `TensorRefMut::from_raw`.
#[test]
fn borrowed_memory_can_be_bound_without_hanging() {
    let name = "session::borrowed::tests::borrowed_memory_can_be_bound_without_hanging";
    if std::env::var_os(CHILD).is_none() {
        return within(Duration::from_secs(120), name);
    }
    let (mut from, mut to) = ([7; 8], [0; 8]);
    let mut session = identity();
    let mut binding = session.create_binding().unwrap();
    binding.bind_input("input", &over(&mut from)).unwrap();
    binding.bind_output("output", over(&mut to)).unwrap();
    drop(session.run_binding(&binding).unwrap());
    assert_eq!(to, [7; 8]);
}

/// Runs test `name` in a process of its own, which has to end well within `patience`.
fn within(patience: Duration, name: &str) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name])
        .env(CHILD, "1")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{name}: {status}");
            return;
        }
        if begun.elapsed() > patience {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{name} hangs");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
