from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes import SQSEvent, event_source

logger = Logger(service="shop")
metrics = Metrics(namespace="shop", service="shop")
app = APIGatewayHttpResolver()
processor = BatchProcessor(event_type=EventType.SQS)


@app.get("/orders/<number>")
def order(number: str):
    metrics.add_metric(name="reads", unit=MetricUnit.Count, value=1)
    if number == "0":
        raise NotFoundError("no such order")
    logger.info("read", extra={"order": number})
    return {"order": number, "café": True}


def take(record):
    if record.body == "bad":
        raise ValueError(record.body)


@event_source(data_class=SQSEvent)
def batch(event, context):
    return process_partial_response(event.raw_event, take, processor, context)


@logger.inject_lambda_context(log_event=False, correlation_id_path="requestContext.requestId")
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event, context):
    if "Records" in event:
        return batch(event, context)
    return app.resolve(event, context)
