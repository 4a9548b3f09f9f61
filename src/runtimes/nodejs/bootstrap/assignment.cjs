"use strict";

const { rehearse } = require("./rehearsal.cjs");
const { takeOn } = require("./start.cjs");

/**
 * Waits until the platform says which function this process is for, and becomes what a process that was started for
 * it would be: its variables and its working directory.
 */
async function awaitAssignment(client) {
  await rehearse(client);
  const { body } = await client.assignment();
  takeOn(body);
}

module.exports = { awaitAssignment };
