//! placeholder until the scene lands
