"""How the tables of a log in PostgreSQL came about: the steps, each run once, never changed.

In each statement `{log}` stands for the schema of the log.
"""

EVENTS = """
CREATE TABLE {log}.events (
    position bigint PRIMARY KEY,
    stream text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    type text COLLATE "C" NOT NULL,
    schema integer,
    body bytea NOT NULL,
    occurred_at bigint,
    occurred_offset integer,
    recorded_at bigint NOT NULL,
    actor text COLLATE "C",
    on_behalf_of text COLLATE "C",
    channel text COLLATE "C",
    source text COLLATE "C",
    source_id text COLLATE "C",
    reason text COLLATE "C",
    correlation_id text COLLATE "C",
    causation_id text COLLATE "C",
    command_id text COLLATE "C",
    command_index integer,
    UNIQUE (stream, version)
)
"""

COMMANDS = """
CREATE TABLE {log}.commands (
    command_id text COLLATE "C" PRIMARY KEY,
    fingerprint bytea NOT NULL,
    first_position bigint NOT NULL,
    last_position bigint NOT NULL
)
"""

TRACKING = """
CREATE TABLE {log}.tracking (
    application_name text COLLATE "C" PRIMARY KEY,
    notification_id bigint NOT NULL
)
"""

META = 'CREATE TABLE {log}.meta (key text COLLATE "C" PRIMARY KEY, value text NOT NULL)'

# Whoever appends locks the log first, and only then, in a snapshot of its own, looks where it
# ends: so positions have no gap and follow the order of commits. An advisory lock, since a row
# that every append updates would leave its dead versions in everybody's way for as long as a
# backup or a long question lasts; it goes when the transaction does, and stops no VACUUM.
APPEND = """
CREATE FUNCTION {log}.lock() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE feature_not_supported USING MESSAGE = 'a log is appended to as READ COMMITTED only';
    END IF;
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    PERFORM pg_advisory_xact_lock('{log}.events'::regclass::oid::integer, 1869766004);
END $$;

CREATE FUNCTION {log}.tell(head bigint, recorded_at bigint) RETURNS void LANGUAGE sql AS $$
    SELECT pg_notify('{log}', head || ' ' || recorded_at)
$$;

CREATE FUNCTION {log}.append(
    streams text[], versions bigint[], types text[], schemas integer[], bodies bytea[],
    occurred_ats bigint[], occurred_offsets integer[], recorded bigint,
    actors text[], on_behalf_ofs text[], channels text[], sources text[], source_ids text[],
    reasons text[], correlation_ids text[], causation_ids text[],
    command_ids text[], command_indexes integer[],
    decided text[], fingerprints bytea[], firsts bigint[], lasts bigint[],
    read text[], read_versions bigint[],
    application text, notification bigint,
    OUT first_position bigint, OUT recorded_at bigint
) LANGUAGE plpgsql AS $$
DECLARE
    head bigint;
BEGIN
    PERFORM {log}.lock();
    SELECT e.position, e.recorded_at INTO head, recorded_at
        FROM {log}.events AS e ORDER BY e.position DESC LIMIT 1;
    head := coalesce(head, 0);
    recorded_at := coalesce(recorded_at, 0);
    first_position := head + 1;
    IF cardinality(read) > 0 AND EXISTS (
        SELECT 1 FROM unnest(read, read_versions) AS r (stream, version)
        JOIN {log}.events AS e ON e.stream = r.stream AND e.version > r.version
    ) THEN
        RAISE unique_violation USING MESSAGE = 'a stream that was read has grown';
    END IF;
    IF cardinality(streams) > 0 THEN
        recorded_at := greatest(recorded_at, recorded);
        INSERT INTO {log}.events SELECT
            head + n, new.stream, new.version, new.type, new.schema, new.body, new.occurred_at,
            new.occurred_offset, append.recorded_at, new.actor, new.on_behalf_of, new.channel,
            new.source, new.source_id, new.reason, new.correlation_id, new.causation_id,
            new.command_id, new.command_index
        FROM unnest(
            streams, versions, types, schemas, bodies, occurred_ats, occurred_offsets, actors,
            on_behalf_ofs, channels, sources, source_ids, reasons, correlation_ids, causation_ids,
            command_ids, command_indexes
        ) WITH ORDINALITY AS new (
            stream, version, type, schema, body, occurred_at, occurred_offset, actor,
            on_behalf_of, channel, source, source_id, reason, correlation_id, causation_id,
            command_id, command_index, n
        );
        PERFORM {log}.tell(head + cardinality(streams), recorded_at);
    END IF;
    IF cardinality(decided) > 0 THEN
        INSERT INTO {log}.commands SELECT id, print, head + first, head + last
        FROM unnest(decided, fingerprints, firsts, lasts) AS new (id, print, first, last);
    END IF;
    IF application IS NOT NULL THEN
        INSERT INTO {log}.tracking AS t VALUES (application, notification)
        ON CONFLICT (application_name) DO UPDATE SET notification_id = excluded.notification_id
        WHERE excluded.notification_id > t.notification_id;
        IF NOT FOUND THEN
            RAISE unique_violation USING MESSAGE = 'that far already';
        END IF;
    END IF;
END $$
"""

GUARDS = """
CREATE FUNCTION {log}.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {log}.events
    EXECUTE FUNCTION {log}.refuse();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {log}.commands
    EXECUTE FUNCTION {log}.refuse()
"""

EVENT_LOG = """
CREATE FUNCTION {log}.time(microseconds bigint) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT to_timestamp(microseconds / 1000000)
        + (microseconds % 1000000) * interval '1 microsecond'
$$;

CREATE FUNCTION {log}.json(body bytea) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    RETURN convert_from(body, 'UTF8')::jsonb;
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END $$;

CREATE VIEW {log}.event_log AS SELECT
    position,
    command_id || '.' || command_index AS event_id,
    stream,
    version,
    type,
    schema,
    {log}.time(occurred_at) AS occurred_at,
    occurred_offset,
    {log}.time(recorded_at) AS recorded_at,
    actor,
    on_behalf_of,
    channel,
    source,
    source_id,
    reason,
    correlation_id,
    causation_id,
    command_id,
    {log}.json(body) AS body
FROM {log}.events
"""

MEANINGS = {
    "TABLE {log}.events": "What happened, in the order in which it was stored; append-only.",
    "COLUMN {log}.events.position": "Place in the whole log: from 1, without a gap.",
    "COLUMN {log}.events.stream": "Whom or what it happened to: aggregate, dash, id.",
    "COLUMN {log}.events.version": "Place in the stream, from 1.",
    "COLUMN {log}.events.type": "Stable name of what happened, such as order.placed.",
    "COLUMN {log}.events.schema": "Which shape the body has, of those this type ever had.",
    "COLUMN {log}.events.body": "What happened, as the bytes that were written (JSON).",
    "COLUMN {log}.events.occurred_at": "When it happened: microseconds since 1970 UTC.",
    "COLUMN {log}.events.occurred_offset": "Minutes from UTC that occurred_at was told with.",
    "COLUMN {log}.events.recorded_at": "When it was stored: microseconds since 1970 UTC.",
    "COLUMN {log}.events.actor": "Who did it: kind, colon, opaque id.",
    "COLUMN {log}.events.on_behalf_of": "For whom: kind, colon, opaque id.",
    "COLUMN {log}.events.channel": "How it was told: web, phone, edi, import...",
    "COLUMN {log}.events.source": "Which shop, system or file told it.",
    "COLUMN {log}.events.source_id": "The id that its source gave it.",
    "COLUMN {log}.events.reason": "Why, as a code.",
    "COLUMN {log}.events.correlation_id": "The larger matter that it belongs to.",
    "COLUMN {log}.events.causation_id": "The event that led to it.",
    "COLUMN {log}.events.command_id": "The command that led to it.",
    "COLUMN {log}.events.command_index": "Which of the events of its command it is, from 0.",
    "TABLE {log}.commands": "Commands that were decided, once and for all; append-only.",
    "COLUMN {log}.commands.command_id": "The id that the command was sent with.",
    "COLUMN {log}.commands.fingerprint": "A digest of what it said.",
    "COLUMN {log}.commands.first_position": "The first event that it led to.",
    "COLUMN {log}.commands.last_position": "The last one; below the first where there is none.",
    "TABLE {log}.tracking": "How far applications came in following a log.",
    "COLUMN {log}.tracking.application_name": "Which application.",
    "COLUMN {log}.tracking.notification_id": "The last position that it has processed.",
    "TABLE {log}.meta": "The id of the log, and the version of this schema.",
    "COLUMN {log}.meta.key": "What is told: log_id or schema_version.",
    "COLUMN {log}.meta.value": "What it is.",
    "VIEW {log}.event_log": "The log for people: times as times, bodies as JSON.",
}

COMMENTS = ";\n".join(f"COMMENT ON {what} IS '{meaning}'" for what, meaning in MEANINGS.items())

STEPS = ((EVENTS, COMMANDS, TRACKING, META, APPEND, GUARDS, EVENT_LOG, COMMENTS),)
"""The statements of each step, from an empty schema to the newest version."""
