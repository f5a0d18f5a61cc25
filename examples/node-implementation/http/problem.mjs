// Errors as problem details (RFC 9457), by the catalogues `x-problems` of both documents (ERR-01 to ERR-04).

/** @type {Record<string, [status: number, title: string]>} */
const CATALOGUE = {
  missing_credentials: [401, "Credentials are missing"],
  unknown_api_key: [401, "The API key is unknown"],
  malformed_timestamp: [401, "The timestamp is malformed"],
  timestamp_out_of_window: [401, "The timestamp is out of the window"],
  invalid_signature: [401, "The signature is invalid"],
  flow_not_enabled: [403, "The flow is not enabled"],
  not_found: [404, "There is nothing at this path"],
  session_not_found: [404, "The session was not found"],
  method_not_allowed: [405, "The method is not allowed"],
  not_acceptable: [406, "No acceptable representation"],
  body_too_large: [413, "The body is too large"],
  unsupported_media_type: [415, "The media type is not supported"],
  malformed_json: [400, "The body is not JSON"],
  invalid_request: [400, "The request is invalid"],
  amount_out_of_range: [400, "The amount is out of range"],
  idempotency_key_reused: [422, "The idempotency key was used for another request"],
  internal_error: [500, "The server failed"],
  service_unavailable: [503, "The service is unavailable"],
  // Of the control API alone:
  namespace_not_found: [404, "The namespace was not found"],
  resource_not_found: [404, "The resource was not found"],
  forbidden_origin: [403, "The origin is forbidden"],
  control_token_required: [401, "The control token is required"],
  step_not_possible: [409, "The step is not possible"],
  clock_moves_forwards: [409, "The session clock moves forwards alone"],
  not_resendable: [409, "The delivery is never sent"],
};

/** The answer to a request that is refused: a code of the catalogue, and a sentence for the developer. */
export class Problem extends Error {
  /**
   * @param {string} code
   * @param {string} detail
   * @param {{ members?: Record<string, unknown>, headers?: Record<string, string> }} [more]
   */
  constructor(code, detail, { members = {}, headers = {} } = {}) {
    super(detail);
    this.code = code;
    this.members = members;
    this.headers = headers;
  }

  /**
   * @param {string} requestId
   * @param {string} publicUrl
   * @returns {import("./listener.mjs").Answer}
   */
  answer(requestId, publicUrl) {
    const [status, title] = CATALOGUE[this.code];
    const document = {
      type: `${publicUrl}/docs/problems/${this.code}`,
      title,
      status,
      detail: this.message,
      instance: `urn:stablemint:request:${requestId}`,
      code: this.code,
      ...this.members,
    };
    return {
      status,
      headers: { "Content-Type": "application/problem+json", ...this.headers },
      body: JSON.stringify(document),
    };
  }
}

/** @param {import("../json/checks.mjs").Fault[]} errors */
export function invalidRequest(errors) {
  return new Problem("invalid_request", "The request is not the one of this operation: see errors.", { members: { errors } });
}

/** @param {number} maximum in units of the currency */
export function amountOutOfRange(maximum) {
  const detail = `The amount must be at most ${maximum} in this environment.`;
  const errors = [{ pointer: "/amount", code: "out_of_range", detail }];
  return new Problem("amount_out_of_range", detail, { members: { errors, minimum: 0.1, maximum } });
}
