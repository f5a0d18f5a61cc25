-- For wrk: sends the signed orders of a file to POST /session/hosted; of kind `read`, in place of the body a path to GET.
-- Arguments: the file (lines of kind, timestamp, signature, body, between tabs), the API key and, optionally, after
-- how many answers to stop. One request in four carries an idempotency key, each sent once, until none is left.

local keyed, plain, threads = {}, {}, {}
local sent = 0
keys_used, answered, other_than_201 = 0, 0, 0

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  for line in io.lines(args[1]) do
    local kind, timestamp, signature, body = line:match("^(%a+)\t(%d+)\t(%S+)\t(.*)$")
    local headers = {
      ["Host"] = wrk.headers["Host"],
      ["Content-Type"] = "application/json",
      ["ApiKey"] = args[2],
      ["Timestamp"] = timestamp,
      ["Signature"] = signature,
    }
    local message
    if kind == "read" then
      headers["Content-Type"] = nil
      message = wrk.format("GET", body, headers)
    else
      message = wrk.format("POST", "/session/hosted", headers, body)
    end
    table.insert(kind == "keyed" and keyed or plain, message)
  end
  local limit = tonumber(args[3])
  if limit then -- only then: looking at every answer costs the load tool time
    function response(status)
      answered = answered + 1
      if status ~= 201 then other_than_201 = other_than_201 + 1 end
      if answered == limit then
        wrk.thread:stop()
        print("STOPPED") -- the thread; wrk itself sleeps on until its time is over or a signal comes
        io.flush()
      end
    end
  end
end

function request()
  sent = sent + 1
  if sent % 4 == 0 and keys_used < #keyed then
    keys_used = keys_used + 1
    return keyed[keys_used]
  end
  return plain[sent % #plain + 1]
end

function done(summary, latency)
  local errors = summary.errors
  local thread = threads[1]
  print(string.format(
    'FIGURES {"requests": %d, "seconds": %.6f, "refused": %d, "broken": %d, "p50_ms": %.3f, "p99_ms": %.3f,'
      .. ' "keyed": %d, "answered": %d, "other_than_201": %d}',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    thread:get("keys_used"), thread:get("answered"), thread:get("other_than_201")))
end
