//! The documents' main_2: see [`server::programs::main_2`].

fn main() -> std::io::Result<()> {
    server::programs::main_2(&mut std::io::stdout())
}
