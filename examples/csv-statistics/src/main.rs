use lambda_runtime::{run, service_fn, Error, LambdaEvent};
use serde::{Deserialize, Serialize};

mod columns;

use columns::{statistics, Column};

/// What the function is invoked with.
#[derive(Deserialize)]
struct Request {
    csv: String,
    #[serde(default = "comma")]
    delimiter: char,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    rows: usize,
    columns: Vec<Column>,
    request_id: String,
}

fn comma() -> char {
    ','
}

async fn handle(event: LambdaEvent<Request>) -> Result<Response, Error> {
    let Request { csv, delimiter } = event.payload;
    let delimiter = u8::try_from(delimiter).map_err(|_| "the delimiter must be an ASCII character")?;
    let (rows, columns) = statistics(csv.as_bytes(), delimiter)?;
    println!("{rows} rows, {} columns", columns.len());
    Ok(Response { rows, columns, request_id: event.context.request_id })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}
