//! The documents' 4-redis_advanced_op.js: stores a hash field by field, and shows it.

mod redis_support;

use std::error::Error;
use std::process::ExitCode;

use redis::AsyncCommands as _;
use redis_support::connect;

const SCHOOLS: &str = "HolbertonSchools";

const FIELDS: [(&str, u32); 6] =
    [("Portland", 50), ("Seattle", 80), ("New York", 20), ("Bogota", 20), ("Cali", 40), ("Paris", 2)];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let Some((_, mut client)) = connect().await else { return Ok(ExitCode::FAILURE) };
    for (field, value) in FIELDS {
        let added: u32 = client.hset(SCHOOLS, field, value).await?;
        println!("Reply: {added}");
    }
    let pairs: Vec<(String, String)> = client.hgetall(SCHOOLS).await?;
    println!("{{\n{}\n}}", pairs.iter().map(row).collect::<Vec<_>>().join(",\n"));
    Ok(ExitCode::SUCCESS)
}

/// Writes a field as Node shows it: in quotes where it is no name.
fn row((field, value): &(String, String)) -> String {
    match field.chars().all(|letter| letter.is_ascii_alphabetic()) {
        true => format!("  {field}: '{value}'"),
        false => format!("  '{field}': '{value}'"),
    }
}
