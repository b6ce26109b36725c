/** What the bus does in one step inside the server; keys are a stream and what `names.ts` puts beside it. */
import { Script } from "./script.ts";

/**
 * Adds an entry, unless the stream has one of that id. Keys: stream, ids, marks. Arguments: id or "", version, ts,
 * traceparent, key, event, 1 when the caller has added to this stream before, 1 when it is told again: then only an
 * entry that is still there keeps it from being added. Answer: the entry's id or "", its sequence number, the
 * stream's length. A sequence number of -1: nothing was added, since the stream that the caller knows is gone.
 */
export const PUBLISH = new Script(`
local id = ARGV[1]
if id ~= '' then
  local ms = redis.call('ZSCORE', KEYS[2], id)
  if ms and ARGV[8] ~= '1' then return {'', 0, 0} end
  for _, entry in ipairs(ms and redis.call('XRANGE', KEYS[1], ms, ms) or {}) do
    if entry[2][4] == id then return {'', 0, 0} end
  end
end
local seq = redis.call('HINCRBY', KEYS[3], 'seq', 1)
if seq == 1 and ARGV[7] == '1' then
  redis.call('HDEL', KEYS[3], 'seq')
  return {'', -1, 0}
end
local at = redis.call('XADD', KEYS[1], '*', 'seq', seq, 'id', id, 'version', ARGV[2], 'ts', ARGV[3],
  'traceparent', ARGV[4], 'key', ARGV[5], 'event', ARGV[6])
if id ~= '' then redis.call('ZADD', KEYS[2], string.match(at, '^%d+'), id) end
return {at, seq, redis.call('XLEN', KEYS[1])}
`);

const NOW = `
local function now()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local function owner(group)
  local held = redis.call('HGET', KEYS[2], 'owner:' .. group)
  if not held then return nil, 0 end
  local token, untilMs = string.match(held, '^(.+) (%d+)$')
  return token, tonumber(untilMs)
end
local function own(group, token, ms)
  redis.call('HSET', KEYS[2], 'owner:' .. group, token .. ' ' .. string.format('%.0f', now() + ms))
end
local function forget(group)
  redis.pcall('XGROUP', 'DESTROY', KEYS[1], group)
  redis.call('HDEL', KEYS[2], 'owner:' .. group, 'passing:' .. group, 'dead:' .. group, 'given:' .. group)
end
local function seqOf(entry)
  return entry and entry[2][1] == 'seq' and tonumber(entry[2][2])
end
-- The sequence number last given to a group, where it is known, and the one that comes next. What was given last is
-- noted, since it may be taken out of the stream together with what comes next.
local function reached(group)
  local following = (redis.call('HGET', KEYS[2], 'seq') or 0) + 1
  local given = tonumber(redis.call('HGET', KEYS[2], 'given:' .. group) or -1)
  for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    if info[2] == group then
      local last = seqOf(redis.call('XRANGE', KEYS[1], info[8], info[8])[1])
      if last and last ~= given then redis.call('HSET', KEYS[2], 'given:' .. group, last) end
      given = last or given
      following = seqOf(redis.call('XRANGE', KEYS[1], '(' .. info[8], '+', 'COUNT', 1)[1]) or following
    end
  end
  return given, following
end
`;

/**
 * Makes the caller the one reader of a stream for a group, if no other is, or only one that was at the caller's
 * place: creates the group, hands all that is pending to the caller, and forgets other consumers. Keys: stream,
 * marks. Arguments: group, token, lease in ms, consumer, "0" or "$" as the new group's start, the id after which
 * pending entries are wanted, how many, and 1 when the group ends with its reader. Groups that should have ended with
 * theirs are forgotten.
 * Answer: 0 and for how long another is; or 1, whether the group was created, the pending entries with how often each
 * was handed out, how many of them are gone from the stream, the sequence number that comes next, and the one given
 * last, -1 where it is not known.
 */
export const TAKE = new Script(
  `${NOW}
local group, token, consumer = ARGV[1], ARGV[2], ARGV[4]
local holder, untilMs = owner(group)
local left = untilMs - now()
-- One process at a time is at a place: another life of it there is over.
local place, life = string.match(token, '^([^!]+)!([^!]+)!')
local before, other = string.match(holder or '', '^([^!]+)!([^!]+)!')
local is_gone = place and place == before and life ~= other
if holder and holder ~= token and left > 0 and not is_gone then return {0, left} end
own(group, token, ARGV[3])
if ARGV[8] == '1' then redis.call('HSET', KEYS[2], 'passing:' .. group, 1) end

-- Of a group that is made now, only what was noted of an earlier one of its name.
local noted = tonumber(redis.call('HGET', KEYS[2], 'given:' .. group) or -1)
local made = redis.pcall('XGROUP', 'CREATE', KEYS[1], group, ARGV[5], 'MKSTREAM')
local created = 1
if made.err then
  if not string.find(made.err, 'BUSYGROUP') then return made end
  created = 0
end

local gone, cursor = 0, '0-0'
repeat
  local claimed = redis.call('XAUTOCLAIM', KEYS[1], group, consumer, 0, cursor, 'COUNT', 1000, 'JUSTID')
  cursor = claimed[1]
  gone = gone + #claimed[3]
until cursor == '0-0'
for _, other in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], group)) do
  if other[2] ~= consumer then redis.call('XGROUP', 'DELCONSUMER', KEYS[1], group, other[2]) end
end

local pending = {}
for i, item in ipairs(redis.call('XPENDING', KEYS[1], group, '(' .. ARGV[6], '+', ARGV[7])) do
  local entry = redis.call('XRANGE', KEYS[1], item[1], item[1])[1]
  pending[i] = {item[1], entry and entry[2] or {}, item[4]}
end

local given, following = reached(group)
if created == 1 then given = noted end
-- A group that is to hear all, and comes for the first time, misses what was taken out before.
if created == 1 and given < 0 and ARGV[5] == '0' and following > 1 then given = 0 end
for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  if info[2] ~= group and redis.call('HEXISTS', KEYS[2], 'passing:' .. info[2]) == 1 then
    local _, otherUntilMs = owner(info[2])
    if otherUntilMs <= now() then forget(info[2]) end
  end
end
return {1, created, pending, gone, following, given}
`,
  { evenWhenFull: true },
);

/**
 * Prolongs what TAKE gave. Keys: stream, marks. Arguments: group, token, lease in ms, consumer. Answer: 0 when it
 * must be taken again, because it was lost, the group is gone, or an entry is pending with somebody else; else the
 * sequence number that comes next.
 */
export const RENEW = new Script(
  `${NOW}
if owner(ARGV[1]) ~= ARGV[2] then return 0 end
local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])
if consumers.err then return 0 end
own(ARGV[1], ARGV[2], ARGV[3])
for _, other in ipairs(consumers) do
  if other[2] ~= ARGV[4] and other[4] > 0 then return 0 end
end
local _, following = reached(ARGV[1])
return following
`,
  { evenWhenFull: true },
);

/** Gives back what TAKE gave. Keys: stream, marks. Arguments: group, token, and 1 when the group ends with it. */
export const RELEASE = new Script(
  `${NOW}
if owner(ARGV[1]) ~= ARGV[2] then return 0 end
if ARGV[3] == '1' then
  forget(ARGV[1])
else
  if redis.call('EXISTS', KEYS[1]) == 1 then reached(ARGV[1]) end
  redis.call('HDEL', KEYS[2], 'owner:' .. ARGV[1])
end
return 1
`,
  { evenWhenFull: true },
);

/** Acknowledges an entry that went to the dead letters. Keys: stream, marks. Arguments: group, the entry's id. */
export const BURY = new Script(
  `
local acked = redis.pcall('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('HINCRBY', KEYS[2], 'dead:' .. ARGV[1], 1)
return acked
`,
  { evenWhenFull: true },
);

/**
 * Trims to a length, but never what a group has not acknowledged, some entries at a time; forgets groups that are
 * neither kept nor read. Keys: stream, marks, ids. Arguments: length, then the kept groups. Answer: how many entries
 * the slowest group has not acknowledged, and how many were trimmed.
 */
export const KEEP = new Script(
  `${NOW}
local lengthMax = tonumber(ARGV[1])
local length = redis.call('XLEN', KEYS[1])
local kept, known = {}, {}
for i = 2, #ARGV do kept[ARGV[i]] = true end
for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do known[info[2]] = true end
for group in pairs(kept) do
  if not known[group] then redis.call('XGROUP', 'CREATE', KEYS[1], group, '0') end
end

local function parse(at)
  local ms, n = string.match(at, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(n)
end
local waiting, cutMs, cutN = 0, nil, nil
local function keepFrom(ms, n)
  if not cutMs or ms < cutMs or (ms == cutMs and n < cutN) then cutMs, cutN = ms, n end
end
for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group, pending, delivered, lag = info[2], info[6], info[8], info[12]
  local _, untilMs = owner(group)
  if not kept[group] and untilMs <= now() then
    forget(group)
  else
    -- The server's count is wrong, or none, after entries were taken out of the stream.
    if #redis.call('XRANGE', KEYS[1], '(' .. delivered, '+', 'COUNT', 1) == 0 then lag = 0 end
    waiting = math.max(waiting, math.min((lag or length) + pending, length))
    if pending > 0 then
      keepFrom(parse(redis.call('XPENDING', KEYS[1], group)[2]))
    else
      local ms, n = parse(delivered)
      keepFrom(ms, n + 1)
    end
  end
end

local excess = math.min(length - lengthMax, 1000)
if excess <= 0 then return {waiting, 0} end
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', excess + 1)
keepFrom(parse(oldest[#oldest][1]))
local firstMs, firstN = parse(oldest[1][1])
if cutMs < firstMs or (cutMs == firstMs and cutN <= firstN) then return {waiting, 0} end
local cut = string.format('%.0f-%.0f', cutMs, cutN)
local trimmed = redis.call('XTRIM', KEYS[1], 'MINID', cut)
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', '(' .. string.format('%.0f', cutMs))
return {waiting, trimmed}
`,
  { evenWhenFull: true },
);

/**
 * How far the groups of a stream are that are kept or read. Keys: stream, marks. Arguments: the kept groups. Answer:
 * for each its name, how many it has not been given, how many it has not acknowledged, the time of the oldest of
 * them or "", and its dead letters.
 */
export const STATE = new Script(
  `${NOW}
local kept = {}
for _, group in ipairs(ARGV) do kept[group] = true end
local function timeOf(entry)
  for i = 1, entry and #entry[2] or 0, 2 do
    if entry[2][i] == 'ts' then return entry[2][i + 1] end
  end
  return ''
end
local states = {}
local infos = redis.pcall('XINFO', 'GROUPS', KEYS[1])
if infos.err then return states end
local length = redis.call('XLEN', KEYS[1])
for _, info in ipairs(infos) do
  local group, pending, delivered, lag = info[2], info[6], info[8], info[12]
  local _, untilMs = owner(group)
  if kept[group] or untilMs > now() then
    local oldest = redis.call('XRANGE', KEYS[1], '(' .. delivered, '+', 'COUNT', 1)[1]
    -- The server's count is wrong, or none, after entries were taken out of the stream.
    lag = oldest and math.min(lag or length, length) or 0
    if pending > 0 then
      local least = redis.call('XPENDING', KEYS[1], group)[2]
      oldest = redis.call('XRANGE', KEYS[1], least, least)[1] or oldest
    end
    local dead = redis.call('HGET', KEYS[2], 'dead:' .. group) or 0
    states[#states + 1] = {group, lag, pending, timeOf(oldest), dead}
  end
end
return states
`,
  { evenWhenFull: true },
);
