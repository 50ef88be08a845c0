-- One request after another for tests/benchmarks/api.py:
--   wrk ... -s api.lua URL -- METHOD PATH [BODIES FIRST]
-- BODIES holds one JSON body a line; the walk begins at line FIRST (from 0) and goes round. One thread of wrk
-- runs one of these scripts for all of its connections, so that none sends a body again before the file is
-- through. When wrk is done, the numbers are printed as one line of JSON; times are microseconds.

local requests, position = {}, 0

function init(args)
  if args[3] == nil then
    requests[1] = wrk.format(args[1], args[2])
    return
  end
  local headers = { ["Content-Type"] = "application/json" }
  for line in io.lines(args[3]) do
    requests[#requests + 1] = wrk.format(args[1], args[2], headers, line)
  end
  position = tonumber(args[4]) % #requests
end

function request()
  local found = requests[position + 1]
  position = (position + 1) % #requests
  return found
end

function done(summary, latency, _)
  local errors = summary.errors
  local unanswered = errors.connect + errors.read + errors.write + errors.timeout
  print(string.format(
    '{"requests": %d, "duration_us": %d, "bytes": %d, "refused": %d, "unanswered": %d, "p50_us": %f, "p99_us": %f}',
    summary.requests, summary.duration, summary.bytes, errors.status, unanswered,
    latency:percentile(50), latency:percentile(99)
  ))
end
