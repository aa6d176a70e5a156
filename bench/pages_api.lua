-- Random addresses from the file named by URLS (one a line), each from a random visitor (X-Forwarded-For).
local urls = {}
function init(args)
  math.randomseed(tonumber(os.getenv("GRAINE") or "1"))
  for line in io.lines(os.getenv("URLS")) do urls[#urls + 1] = line end
end
function request()
  local visiteur = string.format("198.18.%d.%d", math.random(0, 15), math.random(0, 255))
  return wrk.format("GET", urls[math.random(#urls)], { ["X-Forwarded-For"] = visiteur })
end
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("RESULTAT %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
