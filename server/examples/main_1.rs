//! The documents' main_1: see [`server::programs::main_1`].

fn main() -> std::io::Result<()> {
    server::programs::main_1(&mut std::io::stdout())
}
