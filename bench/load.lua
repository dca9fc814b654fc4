-- Posts the bodies of a file, one a line, in random order, with a random digit for each # in them.
--   wrk … -s load.lua URL -- FILE SEED [checking]
-- "checking" looks at each answer, which takes the generator's time: for warm-ups only.
local headers = { ["Content-Type"] = "application/json", ["Accept"] = "application/json" }
local bodies, whole = {}, {}
local threads = {}
wrong = 0
example = ""

local function digits(run)
  return (run:gsub(".", function() return math.random(0, 9) end))
end

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  math.randomseed(tonumber(args[2]))
  for line in io.lines(args[1]) do
    bodies[#bodies + 1] = line
    -- Put together before the clock starts, where nothing is to be filled in.
    whole[#bodies] = not line:find("#", 1, true) and wrk.format("POST", nil, headers, line)
  end
  if args[3] == "checking" then
    response = function(status, _, body)
      if status ~= 200 or body:find('"errors"', 1, true) then
        wrong = wrong + 1
        example = body:sub(1, 300)
      end
    end
  end
end

function request()
  local choice = math.random(#bodies)
  return whole[choice] or wrk.format("POST", nil, headers, (bodies[choice]:gsub("#+", digits)))
end

function done(summary, latency)
  local wrongs, sample, e = 0, "", summary.errors
  for _, thread in ipairs(threads) do
    wrongs = wrongs + thread:get("wrong")
    sample = thread:get("example")
  end
  -- Of the answer that was wrong only what can stand in a JSON string as it is.
  io.write(string.format(
    '\nRESULT {"requests":%d,"microseconds":%d,"p50":%.0f,"p99":%.0f,"failed":%d,"wrong":%d,"example":"%s"}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout, wrongs, (sample:gsub('[%c"\\]', " "))
  ))
end
