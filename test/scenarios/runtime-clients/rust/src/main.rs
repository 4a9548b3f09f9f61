use lambda_runtime::{run, service_fn, Error, LambdaEvent};
use serde_json::{json, Value};

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Error> {
    println!("handled");
    match event.payload["do"].as_str() {
        Some("fail") => return Err("as asked".into()),
        Some("exit") => std::process::exit(3),
        _ => {}
    }
    let context = event.context;
    Ok(json!({
        "requestId": context.request_id,
        "arn": context.invoked_function_arn,
        "name": context.env_config.function_name,
        "deadline": context.deadline,
        "trace": context.xray_trace_id,
        "custom": context.client_context.map(|client| client.custom),
        "identity": context.identity.map(|identity| identity.identity_id),
    }))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}
