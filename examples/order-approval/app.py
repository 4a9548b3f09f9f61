"""Takes an order through reservation, approval and booking, in an execution that may wait for days."""

import logging
import os
from decimal import Decimal

import boto3
from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration, WaitForCallbackConfig

logger = logging.getLogger()
logger.setLevel(logging.INFO)
orders = boto3.resource("dynamodb").Table(os.environ["TABLE"])

FREE_OF_APPROVAL = Decimal(100)


class Unavailable(Exception):
    """The order can't be what it is asked to be."""


@durable_execution
def handler(event, context: DurableContext):
    order = event["order"]
    total = context.step(lambda _: place(order, event["lines"]), name="place")
    if Decimal(total) >= FREE_OF_APPROVAL:
        answer = context.wait_for_callback(
            lambda callback_id, _: ask(order, callback_id),
            name="approval",
            config=WaitForCallbackConfig(timeout=Duration.from_days(3)),
        )
        if answer != "approved":
            context.step(lambda _: move(order, "waiting", "refused"), name="refuse")
            return {"order": order, "total": total, "state": "refused"}
    # Whoever ordered may think again for a moment.
    context.wait(Duration.from_seconds(int(event.get("graceSeconds", 1))), name="grace")
    context.step(lambda _: move(order, "waiting", "booked"), name="book")
    return {"order": order, "total": total, "state": "booked"}


def place(order, lines):
    """Writes the order; a repeated step finds what it wrote before. Amounts are strings, as JSON has no decimals."""
    total = sum((Decimal(line["price"]) * line["quantity"] for line in lines), Decimal(0))
    orders.put_item(Item={"order": order, "total": total, "lines": len(lines), "state": "waiting"})
    logger.info("%s placed: %s", order, total)
    return str(total)


def ask(order, callback_id):
    """Leaves the callback where whoever approves finds it."""
    orders.update_item(
        Key={"order": order},
        UpdateExpression="SET callback = :callback",
        ExpressionAttributeValues={":callback": callback_id},
    )


def move(order, before, after):
    try:
        orders.update_item(
            Key={"order": order},
            UpdateExpression="SET #state = :after REMOVE callback",
            ConditionExpression="#state IN (:before, :after)",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={":before": before, ":after": after},
        )
    except orders.meta.client.exceptions.ConditionalCheckFailedException:
        raise Unavailable(f"{order} is not {before}") from None
    logger.info("%s %s", order, after)
