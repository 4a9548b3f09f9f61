const serverlessExpress = require("@codegenie/serverless-express");
const express = require("express");

const app = express();
app.use(express.json());
app.post("/orders/:id", (request, response) => {
  const { event } = serverlessExpress.getCurrentInvoke();
  response.cookie("seen", "yes").status(202).json({
    id: request.params.id,
    page: request.query.page,
    body: request.body,
    stage: event.requestContext.stage,
  });
});

const serve = serverlessExpress({ app });
exports.handler = (event, context) => serve(event, context);
