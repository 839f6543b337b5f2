"use strict";

// The page shows the contract with one thing more: each write that is tried gets an Idempotency-Key of its own, unless
// somebody writes another in its place (to see a repeated request get its first answer).
const HEADER = "Idempotency-Key";
const A_NEW_ONE = "(a new one for each request)";
const place = document.getElementById("contract");

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function withFreshKey(request) {
  if (request.headers && request.headers[HEADER] === A_NEW_ONE) {
    request.headers[HEADER] = newKey();
  }
  return request;
}

fetch(place.dataset.url)
  .then((answer) => answer.json())
  .then((spec) => {
    spec.components.parameters[HEADER].schema.example = A_NEW_ONE;
    SwaggerUIBundle({ domNode: place, spec, deepLinking: true, validatorUrl: null, requestInterceptor: withFreshKey });
  });
