-- What a partition is made of: its clock and values, its receivers, its journal entries.
CREATE SCHEMA dbl;

CREATE TABLE dbl.partition (
  system_name varchar(8) NOT NULL DEFAULT 'IBMIDBL',
  os_version varchar(2) NOT NULL DEFAULT '7',
  os_release varchar(2) NOT NULL DEFAULT '5',
  utc_offset_seconds integer NOT NULL DEFAULT 0,
  clock timestamp(6),
  audit_authority boolean NOT NULL DEFAULT true,
  journal_authority boolean NOT NULL DEFAULT true,
  head_is_an_error boolean NOT NULL DEFAULT false,
  terse_errors boolean NOT NULL DEFAULT false,
  delete_receivers boolean NOT NULL DEFAULT false,
  threshold_kb integer NOT NULL DEFAULT 1500000);

CREATE TABLE dbl.system_values (
  name varchar(10) PRIMARY KEY,
  number bigint,
  text varchar(3840));

CREATE TABLE dbl.receivers (
  ord integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  library varchar(10) NOT NULL,
  name varchar(10) NOT NULL,
  attached_at timestamp(6) NOT NULL,
  detached_at timestamp(6),
  first_sequence decimal(21,0) NOT NULL,
  last_sequence decimal(21,0) NOT NULL,
  authorised boolean NOT NULL DEFAULT true,
  listed boolean NOT NULL DEFAULT true,
  damaged boolean NOT NULL DEFAULT false,
  freed boolean NOT NULL DEFAULT false,
  status varchar(8) NOT NULL DEFAULT 'ONLINE',
  size_bytes bigint NOT NULL DEFAULT 0,
  previous_library varchar(10),
  previous_name varchar(10),
  UNIQUE (library, name));

CREATE TABLE dbl.entries (
  receiver integer NOT NULL REFERENCES dbl.receivers ON DELETE CASCADE,
  sequence decimal(21,0) NOT NULL,
  at timestamp(6) NOT NULL,
  code char(1) NOT NULL DEFAULT 'T',
  type char(2) NOT NULL,
  data bytea NOT NULL,
  job_name varchar(10),
  job_user varchar(10),
  job_number varchar(6),
  user_name varchar(10),
  program varchar(10),
  program_library varchar(10),
  remote_port integer,
  remote_address varchar(46),
  PRIMARY KEY (receiver, sequence));

-- compressing what is written once and read back at once costs more than it saves
ALTER TABLE dbl.entries ALTER data SET STORAGE PLAIN;

CREATE FUNCTION dbl.local_timestamp() RETURNS timestamp(6) LANGUAGE sql STABLE AS $$
  SELECT coalesce(clock, CAST(clock_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => utc_offset_seconds) AS timestamp(6)))
    FROM dbl.partition $$;

-- Db2's CURRENT TIMEZONE: a time duration, DECIMAL(6,0), hhmmss with the sign in front
CREATE FUNCTION dbl.timezone() RETURNS decimal(6,0) LANGUAGE sql STABLE AS $$
  SELECT CAST(sign(o) * (abs(o) / 3600 * 10000 + abs(o) / 60 % 60 * 100 + abs(o) % 60) AS decimal(6,0))
    FROM (SELECT utc_offset_seconds FROM dbl.partition) AS p(o) $$;

CREATE FUNCTION dbl.system_name() RETURNS varchar LANGUAGE sql STABLE AS 'SELECT system_name FROM dbl.partition';

CREATE FUNCTION dbl.varbinary(data bytea, length integer) RETURNS bytea LANGUAGE sql IMMUTABLE AS
  'SELECT substring(data FROM 1 FOR length)';

CREATE FUNCTION dbl.refuse(state text, message text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', message USING ERRCODE = state;
END $$;

-- A receiver becomes the attached one; the one before it is detached.
CREATE FUNCTION dbl.attach(new_library varchar, new_name varchar, first decimal, moment timestamp) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE added integer; previous dbl.receivers;
BEGIN
  UPDATE dbl.receivers SET detached_at = moment WHERE detached_at IS NULL RETURNING * INTO previous;
  INSERT INTO dbl.receivers (library, name, attached_at, first_sequence, last_sequence, previous_library, previous_name)
    VALUES (new_library, new_name, moment, first, first, previous.library, previous.name) RETURNING ord INTO added;
  RETURN added;
END $$;

-- What CHGJRN JRNRCV(...) does: the old receiver ends with a J/NR entry, the new one begins with J/PR.
CREATE FUNCTION dbl.rotate(new_library varchar, new_name varchar, reset boolean, moment timestamp) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE old dbl.receivers; added integer; first decimal(21,0);
BEGIN
  SELECT * INTO STRICT old FROM dbl.receivers ORDER BY ord DESC LIMIT 1;
  INSERT INTO dbl.entries (receiver, sequence, at, code, type, data)
    VALUES (old.ord, old.last_sequence + 1, moment, 'J', 'NR', '');
  UPDATE dbl.receivers SET last_sequence = old.last_sequence + 1 WHERE ord = old.ord;
  first := CASE WHEN reset THEN 1 ELSE old.last_sequence + 2 END;
  added := dbl.attach(new_library, new_name, first, moment);
  INSERT INTO dbl.entries (receiver, sequence, at, code, type, data) VALUES (added, first, moment, 'J', 'PR', '');
END $$;

-- The entries of the attached receiver up to a number once more, so many of their own lengths later.
CREATE FUNCTION dbl.repeat(until decimal, times integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE attached dbl.receivers; numbers decimal(21,0); span interval;
BEGIN
  SELECT * INTO STRICT attached FROM dbl.receivers WHERE detached_at IS NULL;
  SELECT until - min(sequence) + 1, max(at) - min(at) + interval '1 ms' INTO numbers, span
    FROM dbl.entries WHERE receiver = attached.ord AND sequence <= until AND code = 'T';
  INSERT INTO dbl.entries
    SELECT receiver, sequence + times * numbers, at + times * span, code, type, data, job_name, job_user, job_number,
           user_name, program, program_library, remote_port, remote_address
      FROM dbl.entries WHERE receiver = attached.ord AND sequence <= until AND code = 'T';
  UPDATE dbl.receivers SET last_sequence = until + times * numbers WHERE ord = attached.ord;
END $$;

-- A fresh partition: auditing on, one attached receiver that holds its first J/PR entry.
CREATE FUNCTION dbl.reset(stopped_clock timestamp) RETURNS void LANGUAGE plpgsql AS $$
DECLARE added integer;
BEGIN
  DELETE FROM dbl.partition;
  INSERT INTO dbl.partition (clock) VALUES (stopped_clock);
  DELETE FROM dbl.system_values;
  INSERT INTO dbl.system_values (name, number, text) VALUES
    ('QAUDCTL', NULL, '*AUDLVL   *NOQTEMP'), ('QAUDLVL', NULL, '*AUTFAIL  *NETSCK   *NETSECURE*NETTELSVR*SECURITY'),
    ('QAUDLVL2', NULL, '*NONE'), ('QAUDFRCLVL', 0, NULL), ('QTIMZON', NULL, 'QN0000UTC'), ('QUTCOFFSET', NULL, '+0000'),
    ('QSSLPCL', NULL, '*OPSYS');
  TRUNCATE dbl.entries, dbl.receivers RESTART IDENTITY;
  added := dbl.attach('QGPL', 'AUDRCV0001', 1, dbl.local_timestamp());
  INSERT INTO dbl.entries (receiver, sequence, at, code, type, data) VALUES (added, 1, dbl.local_timestamp(), 'J', 'PR', '');
END $$;

SELECT dbl.reset(NULL);
