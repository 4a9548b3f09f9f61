from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from mangum import Mangum


@asynccontextmanager
async def lifespan(app):
    app.state.began = True
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/orders/{number}")
async def order(number: int, request: Request):
    scope = request.scope
    return {
        "number": number,
        "body": await request.json(),
        "began": app.state.began,
        "function": scope["aws.context"].function_name,
    }


handler = Mangum(app)
