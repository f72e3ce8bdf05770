import { createHash } from "node:crypto";

/** A Lua script, and the name by which Redis knows it once it has been loaded. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

// The keys of a log:
//   …:m  a hash: e epoch, n and t the number and time of the newest entry, f the number of the first kept entry, o its
//        time, p the time of its predecessor, b bytes kept, x "1" after the end, g and r which of the hashes of keys is newer and up
//        to which number the older one has keys, q when the expiry was set
//   …:e  the stream: ids are <number>-<time>, fields are s (bytes), p (time of the predecessor), b (the body)
//   …:0 and …:1  hashes from idempotency keys to <number>.<time>
//   …:r:<node>   the last append of a node, and its reply
// Messages to the subscribers are published on a channel with the name of the key …:m.
//
// Times are microseconds. They are kept as text, because Lua writes large numbers with an exponent.

// ARGV 1 is an epoch for the case that the log is new, 2 to 7 are the history: "1" for a complete one, events, bytes,
// age, and the milliseconds after which the keys expire before and after the end.
const LOG = `
local meta = KEYS[1]
local base = string.sub(meta, 1, -2)
local stream = base .. 'e'
local complete, maxEvents, maxBytes, age = ARGV[2] == '1', tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local clock = redis.call('TIME')
local now = clock[1] .. string.format('%06d', clock[2])

local m = redis.call('HMGET', meta, 'e', 'n', 't', 'f', 'o', 'p', 'b', 'x', 'g', 'r', 'q')
local epoch, t, o, p, ended = m[1], m[3], m[5], m[6], m[8] == '1'
local n, f, bytes, gen, rotated = tonumber(m[2] or 0), tonumber(m[4] or 1), tonumber(m[7] or 0), tonumber(m[9] or 0), tonumber(m[10] or 0)
local renewed = m[11] or '0'

local function save()
  redis.call('HSET', meta, 'e', epoch, 'n', n, 't', t, 'f', f, 'o', o, 'p', p, 'b', bytes, 'x', ended and '1' or '0', 'g', gen, 'r', rotated, 'q', renewed)
end

local function expire()
  local ttl = ended and ARGV[7] or ARGV[6]
  -- The position may have been kept for a short time only, see below.
  if ttl == '0' then return redis.call('PERSIST', meta) end
  renewed = now
  for _, name in ipairs({'m', 'e', '0', '1'}) do redis.call('PEXPIRE', base .. name, ttl) end
end

-- Redis may have evicted one of the keys and not the others. Then the log begins anew.
if not epoch or redis.call('XLEN', stream) ~= n - f + 1 then
  redis.call('DEL', meta, stream, base .. '0', base .. '1')
  epoch, n, t, f, o, p, bytes, ended, gen, rotated = ARGV[1], 0, '0', 1, '0', '0', 0, false, 0, 0
  renewed = now
  save()
  if ARGV[8] ~= 'peek' then expire()
  -- Anybody may ask for the state of any key, so the position of a log without entries is not kept for long.
  else redis.call('PEXPIRE', meta, 60000) end
end

local function exceeds(oldest)
  return f <= n and (n - f + 1 > maxEvents or (bytes > maxBytes and f < n)
    or (tonumber(o) <= oldest and not (ended and f == n)))
end

local function evict()
  if complete then return end
  local before, oldest = f, tonumber(now) - age
  if f <= n and not ended and tonumber(t) <= oldest then
    redis.call('DEL', stream)
    f, p, o, bytes = n + 1, t, '0', 0
    return true
  end
  -- One more than is certain to be evicted, because the next one shows the time of the first that stays.
  local count = math.max(2, math.min(n - f + 2 - maxEvents, 500))
  -- What remains is evicted by the next calls, so that no call blocks Redis.
  while exceeds(oldest) and f - before < 2000 do
    local entries = redis.call('XRANGE', stream, f, '+', 'COUNT', count)
    local i = 1
    while exceeds(oldest) and (entries[i + 1] or f == n) do
      bytes, p, f = bytes - entries[i][2][2], o, f + 1
      o = f > n and '0' or string.match(entries[i + 1][1], '%d+$')
      i = i + 1
    end
    if i == 1 then break end
    count = math.min(count * 2, 64)
  end
  if f > before then redis.call('XTRIM', stream, 'MINID', f) end
  return f > before
end
if evict() then save() end
`;

// ARGV 8 is the node, 9 the number of its append, 10 the number of groups. A group is the condition ("" for none), the
// number of drafts, and for each draft flags, bytes, key and body.
const APPEND = `
local memory = base .. 'r:' .. ARGV[8]
local remembered = redis.call('GET', memory)
if remembered then
  local last = cmsgpack.unpack(remembered)
  -- A client has sent the command again, because it got no reply.
  if last[1] == ARGV[9] then return last[2] end
  if tonumber(last[1]) > tonumber(ARGV[9]) then return {'late'} end
end

local function known(key)
  local id = redis.call('HGET', base .. gen, key) or redis.call('HGET', base .. (1 - gen), key)
  return id and tonumber(string.match(id, '^%d+')) >= f and id
end

local place, published, hasKeys = 11, {}, false
local firstNumber, firstPrevious = n + 1, t

local function add(size, body)
  redis.call('XADD', stream, (n + 1) .. '-' .. now, 's', size, 'p', t, 'b', body)
  n, t, bytes = n + 1, now, bytes + size
  if f == n then o = now end
  published[#published + 1] = body
end

local function append(after, count)
  -- The usual case, for speed: one draft without a key, a condition or flags.
  if count == 1 and after == '' and ARGV[place] == '0' and not ended and not complete then
    add(ARGV[place + 1], ARGV[place + 3])
    place = place + 4
    return {'ok', n .. '.' .. now}
  end
  local ids, drafts, keys, size = {'ok'}, {}, {}, bytes
  local full, misplaced = false, false
  for i = 1, count do
    local flags, key = tonumber(ARGV[place]), ARGV[place + 2]
    local draft = {flags % 2 == 1, flags >= 4 and key, ARGV[place + 1], ARGV[place + 3]}
    place = place + 4
    local id = draft[2] and (known(key) or keys[key])
    if not id then
      if #drafts > 0 and drafts[#drafts][1] then misplaced = true end
      table.insert(drafts, draft)
      id = (n + #drafts) .. '.' .. now
      if draft[2] then keys[key] = id end
      size = size + draft[3]
      if complete and size > maxBytes and flags % 4 == 0 then full = true end
    end
    ids[i + 1] = id
  end
  if #drafts == 0 then return ids end
  if ended or misplaced then return {'ended'} end
  local newest = n == 0 and 'start' or (epoch .. '-' .. n .. '.' .. t)
  if after ~= '' and after ~= newest then return {'conflict', newest} end
  if full then return {'full', size} end
  for _, draft in ipairs(drafts) do
    redis.call('XADD', stream, (n + 1) .. '-' .. now, 's', draft[3], 'p', t, 'b', draft[4])
    n, t, bytes, ended = n + 1, now, bytes + draft[3], draft[1]
    if f == n then o = now end
    if draft[2] then
      redis.call('HSET', base .. gen, draft[2], n .. '.' .. now)
      hasKeys = true
    end
    table.insert(published, draft[4])
  end
  return ids
end

local reply = {epoch}
for i = 1, tonumber(ARGV[10]) do
  place = place + 2
  reply[i + 1] = append(ARGV[place - 2], tonumber(ARGV[place - 1]))
end
if #published > 0 then
  evict()
  -- The keys of entries up to r are in the older hash. When none of these entries is kept, that hash is emptied.
  if f > rotated then
    redis.call('DEL', base .. (1 - gen))
    gen, rotated = 1 - gen, n
  end
  -- A new key has no expiry yet. Otherwise it is enough to set it now and then.
  if ended or hasKeys or n - f < #published or tonumber(now) - tonumber(renewed) > tonumber(ARGV[6]) * 100 then expire() end
  save()
  -- Redis keeps what a script has stored before it fails, and the command would be repeated. So a user who may not publish
  -- is no failure: the nodes find the entries with their checks.
  redis.pcall('PUBLISH', meta, table.concat({epoch, firstNumber, now, firstPrevious}, ' ') .. '\\n' .. table.concat(published, '\\n'))
end
redis.call('SET', memory, cmsgpack.pack({ARGV[9], reply}), 'PX', 600000)
return reply
`;

// ARGV 8 is where to begin: "start", "oldest" or "after"; or "peek"; or "tail", which keeps the position as long as an entry. 9 to
// 11 are the epoch, number and time for "after", 12 and 13 the number of entries and of bytes after which to stop.
const READ = `
local from, entries, after = ARGV[8], {}, f - 1
local function add(first, last, count)
  local found = redis.call('XRANGE', stream, first, last, 'COUNT', count)
  for _, entry in ipairs(found) do
    table.insert(entries, entry[1])
    table.insert(entries, entry[2][6])
  end
  return found
end
local function answer(what)
  return {what, epoch, n, t, f, p, ended and '1' or '0', after, entries}
end

if from == 'peek' or from == 'tail' then
  if from == 'tail' and n == 0 then expire() end
  if f == 1 and n > 0 then add(1, '+', 1) end
  if ended and n > 1 then add(n, '+', 1) end
  return answer('ok')
end
if from == 'start' and f > 1 then return answer('evicted') end
if from == 'after' then
  if ARGV[9] ~= epoch then return answer('new-log') end
  after = tonumber(ARGV[10])
  if after > n then return answer('unknown-id') end
  if after < f - 1 then return answer('evicted') end
  local found
  if after == n then found = ARGV[11] == t
  elseif after == f - 1 then found = ARGV[11] == p
  else found = #redis.call('XRANGE', stream, ARGV[10] .. '-' .. ARGV[11], ARGV[10] .. '-' .. ARGV[11]) == 1 end
  if not found then return answer('unknown-id') end
end
local left, place, size = tonumber(ARGV[12]), after + 1, 0
while left > 0 and size < tonumber(ARGV[13]) do
  local found = add(place, '+', math.min(left, 50))
  if #found == 0 then break end
  for _, entry in ipairs(found) do size = size + entry[2][2] end
  left, place = left - #found, place + #found
end
return answer('ok')
`;

// ARGV 1 is a channel on which the node hears itself, "" for none. Then comes a number of milliseconds for each key:
// when the keys of the log expire. 0: no change. A negative number: no change after the end.
const CHECK = `
local cursors = {}
for i, meta in ipairs(KEYS) do
  local m = redis.call('HMGET', meta, 'e', 'n', 't', 'x')
  cursors[i] = m[1] and (m[1] .. '-' .. m[2] .. '.' .. m[3]) or ''
  local ttl = tonumber(ARGV[i + 1])
  if ttl > 0 or (ttl < 0 and m[4] == '0') then
    local base = string.sub(meta, 1, -2)
    for _, name in ipairs({'m', 'e', '0', '1'}) do redis.call('PEXPIRE', base .. name, math.abs(ttl)) end
  end
end
if ARGV[1] ~= '' then redis.pcall('PUBLISH', ARGV[1], '') end
return cursors
`;

function script(source: string): Script {
  return { source, sha: createHash("sha1").update(source).digest("hex") };
}

/** Appends the drafts of several callers, each caller's as a whole or not at all, and publishes the entries. */
export const appendScript: Script = script(LOG + APPEND);
/** Reads entries, or the first and the last one. */
export const readScript: Script = script(LOG + READ);
/** Returns the newest id of many logs. */
export const checkScript: Script = script(CHECK);
