//! The runner: puts Tapetum's elements into pipelines. No pixels and no `ort` here.
