"""The counters on a Valkey or Redis server, for installations that have one. They behave as those in the database.

Each verb is one script or one optimistic transaction. Times are our clock's and stand in the values; the server's own
expiry only cleans up. A server that does not answer is left alone for some seconds, so that nobody waits for it twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.exceptions import RedisError
from redis.retry import Retry

from idp.kernel import clock
from idp.kernel.errors import Misconfigured
from idp.kernel.settings import Settings
from idp.limits.errors import StoreLost
from idp.limits.ladder import Ladder, Level, Owed, Rung, Spread, Wait, climb
from idp.limits.policy import Budget
from idp.limits.store import UNUSED, Use

PATIENCE = 0.5
"""Seconds that a request waits for the server."""

COOL_OFF = 5
"""Seconds in which a server that did not answer is not asked again."""

SLACK = 60
"""Seconds that the server keeps what is over by our clock."""

PREFIX = b"beacon:"
LOST = "beacon.redis_lost"

CHARGE = """
local used, resets = tonumber(redis.call('HGET', KEYS[1], 'used')), tonumber(redis.call('HGET', KEYS[1], 'resets_at'))
local now, allowed, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not used or resets <= now then used, resets = 1, now + window
elseif used <= allowed then used = used + 1 end
redis.call('HSET', KEYS[1], 'used', used, 'resets_at', resets)
redis.call('EXPIRE', KEYS[1], window + tonumber(ARGV[4]))
return {used, resets}
"""
GIVE_BACK = """
local used, allowed = tonumber(redis.call('HGET', KEYS[1], 'used')), tonumber(ARGV[1])
if not used or used < 1 then return 0 end
redis.call('HSET', KEYS[1], 'used', used > allowed and allowed - 1 or used - 1)
return 1
"""
JOIN = """
local now, window, most, adds = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[6] == '1'
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local others = redis.call('ZCARD', KEYS[1]) - (redis.call('ZSCORE', KEYS[1], ARGV[1]) and 1 or 0)
if adds and others < most then
  redis.call('ZADD', KEYS[1], now + window, ARGV[1])
  redis.call('EXPIRE', KEYS[1], window + tonumber(ARGV[5]))
end
return math.min(others, most)
"""

Answer = TypeVar("Answer")


def connect(settings: Settings) -> Redis | None:
    """A client of the configured server, not connected yet. Raises :class:`Misconfigured` for a wrong address."""
    if settings.redis_url is None:
        return None
    try:
        return Redis.from_url(
            settings.redis_url.get_secret_value(),
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError as error:
        raise Misconfigured("BEACON_REDIS_URL must be like redis://host:6379/0 or rediss://…") from error


class ValkeyStore:
    """The counters on the server behind ``client``."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._charge = client.register_script(CHARGE)
        self._give_back = client.register_script(GIVE_BACK)
        self._join = client.register_script(JOIN)

    def charge(self, key: bytes, budget: Budget) -> Use:
        numbers = [clock.now(), budget.allowed, budget.window, SLACK]
        used, resets_at = _ask(lambda: self._charge(keys=[_counter(key)], args=numbers))
        return Use(used, resets_at)

    def give_back(self, key: bytes, budget: Budget) -> None:
        _ask(lambda: self._give_back(keys=[_counter(key)], args=[budget.allowed]))

    def used(self, key: bytes) -> Use:
        used, resets_at = _ask(lambda: self._numbers(_counter(key), "used", "resets_at"))
        return Use(used, resets_at) if resets_at > clock.now() else UNUSED

    def climb(self, key: bytes, ladder: Ladder, proven: Level) -> Rung | Wait | Owed:
        name, now = _run(key), clock.now()

        def step(pipe: Pipeline) -> Rung | Wait | Owed:
            outcome = climb(ladder, _rung(pipe.hmget(name, _FIELDS)), now, proven)
            pipe.multi()
            if isinstance(outcome, Rung):
                pipe.hset(name, mapping={each: getattr(outcome, each) for each in _FIELDS})
                pipe.expire(name, ladder.keep + SLACK)
            return outcome

        outcome: Any = _ask(lambda: self._client.transaction(step, name, value_from_callable=True))  # type: ignore[arg-type]
        return outcome  # type: ignore[no-any-return]

    def rung(self, key: bytes) -> Rung:
        found = _rung(_ask(lambda: self._client.hmget(_run(key), list(_FIELDS))))
        return found if found.expires_at > clock.now() else Rung()

    def clear(self, key: bytes) -> None:
        _ask(lambda: self._client.delete(_counter(key), _run(key)))

    def join(self, key: bytes, spread: Spread, member: bytes) -> int:
        return self._crowd(key, spread, member, adds=True)

    def others(self, key: bytes, spread: Spread, member: bytes) -> int:
        return self._crowd(key, spread, member, adds=False)

    def leave(self, key: bytes, member: bytes) -> None:
        _ask(lambda: self._client.zrem(_crowd(key), member))

    def burn(self, digest: bytes, until: int) -> bool:
        life = max(1, until - clock.now()) + SLACK
        return bool(_ask(lambda: self._client.set(PREFIX + b"proof:" + digest, 1, nx=True, ex=life)))

    def _crowd(self, key: bytes, spread: Spread, member: bytes, *, adds: bool) -> int:
        numbers: list[bytes | int] = [member, clock.now(), spread.window, spread.alarm, SLACK, int(adds)]
        return int(_ask(lambda: self._join(keys=[_crowd(key)], args=numbers)))

    def _numbers(self, name: bytes, *fields: str) -> tuple[int, ...]:
        found: Any = self._client.hmget(name, list(fields))
        return tuple(int(value or 0) for value in found)


_FIELDS = ("failures", "free_at", "expires_at")


def _rung(found: Any) -> Rung:
    return Rung(*(int(value or 0) for value in found))


def _counter(key: bytes) -> bytes:
    return PREFIX + b"counter:" + key


def _run(key: bytes) -> bytes:
    return PREFIX + b"run:" + key


def _crowd(key: bytes) -> bytes:
    return PREFIX + b"crowd:" + key


def _ask(question: Callable[[], Answer]) -> Answer:
    """The server's answer. Raises :class:`StoreLost` at once where it did not answer a moment ago."""
    lost_at = current_app.extensions.get(LOST)
    if lost_at is not None and 0 <= clock.precisely() - lost_at < COOL_OFF:
        raise StoreLost
    try:
        return question()
    except (RedisError, OSError) as error:
        current_app.extensions[LOST] = clock.precisely()
        raise StoreLost from error
