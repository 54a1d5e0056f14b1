-- What IBM i decodes itself: SYSTOOLS.AUDIT_JOURNAL_SK, and the catalogue that tells whether it is there.
CREATE SCHEMA systools;

-- CCSID 37 as text, control characters as blanks; `start` counts from 0
CREATE FUNCTION dbl.ebcdic(data bytea, start integer, width integer) RETURNS varchar LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(rtrim(string_agg(chr(get_byte(CAST(
    '\x202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020'
    '2020202020202020202020202020202020a0e2e4e0e1e3e5e7f1a22e3c282b7c26e9eaebe8edeeefecdf21242a293bac'
    '2d2fc2c4c0c1c3c5c7d1a62c255f3e3ff8c9cacbc8cdcecfcc603a2340273d22d8616263646566676869abbbf0fdfeb1'
    'b06a6b6c6d6e6f707172aabae6b8c6a4b57e737475767778797aa1bfd0dddeae5ea3a5b7a9a7b6bcbdbe5b5dafa8b4d7'
    '7b414243444546474849adf4f6f2f3f57d4a4b4c4d4e4f505152b9fbfcf9faff5cf7535455565758595ab2d4d6d2d3d5'
    '30313233343536373839b3dbdcd9da20'
    AS bytea), get_byte(data, i))), '' ORDER BY i)), '')
    FROM generate_series(start, least(start + width, length(data)) - 1) AS i
$$;

CREATE FUNCTION dbl.address(data bytea, long integer, short integer) RETURNS varchar LANGUAGE sql IMMUTABLE AS
  'SELECT coalesce(nullif(dbl.ebcdic(data, long, 46), ''''), dbl.ebcdic(data, short, 15))';

CREATE FUNCTION dbl.number(data bytea, start integer, width integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT CAST(CAST(('x' || encode(substring(data FROM start + 1 FOR width), 'hex')) AS bit(32)) AS integer)
   WHERE width = 4 AND length(data) >= start + width
  UNION ALL
  SELECT get_byte(data, start) * 256 + get_byte(data, start + 1) WHERE width = 2 AND length(data) >= start + width
$$;

CREATE TYPE dbl.audit_sk_row AS (
  entry_timestamp timestamp(6), sequence_number decimal(21,0), user_name varchar(10), qualified_job_name varchar(28),
  job_name varchar(10), job_user varchar(10), job_number varchar(6), thread bigint, program_library varchar(10),
  program_name varchar(10), program_library_asp_device varchar(10), program_library_asp_number integer,
  remote_port integer, remote_address varchar(46), system_name varchar(8), system_sequence_number decimal(21,0),
  receiver_library varchar(10), receiver_name varchar(10), receiver_asp_device varchar(10), receiver_asp_number integer,
  arm_number integer, entry_type char(1), entry_type_detail varchar(200), address_space_type varchar(10),
  local_ip_address varchar(46), local_port integer, socket_descriptor integer, mac_address varchar(32),
  host_name varchar(255), dhcp_ip_address varchar(46), secure_version varchar(10), secure_properties varchar(100),
  secure_information varchar(100), tls_error_code integer, tls_error_description varchar(200),
  filter_description varchar(10), filter_data bytea);

-- LANGUAGE sql and STABLE, so that PostgreSQL inlines it and FETCH FIRST stops early
CREATE FUNCTION dbl.audit_sk(
  start_library varchar, start_name varchar, start_time timestamp, start_sequence decimal,
  end_library varchar, end_name varchar, end_time timestamp, end_sequence decimal, remote_ends boolean)
RETURNS SETOF dbl.audit_sk_row LANGUAGE sql STABLE AS $$
  SELECT e.at, e.sequence, e.user_name, e.job_number || '/' || e.job_user || '/' || e.job_name,
         e.job_name, e.job_user, e.job_number, NULL::bigint, e.program_library, e.program, '*SYSBAS'::varchar, 1,
         CASE WHEN remote_ends THEN CAST(nullif(dbl.ebcdic(e.data, 36, 5), '') AS integer) END,
         CASE WHEN remote_ends THEN dbl.address(e.data, 627, 21) END,
         dbl.system_name(), NULL::decimal, r.library, r.name, '*SYSBAS'::varchar, 1, NULL::integer,
         CAST(dbl.ebcdic(e.data, 0, 1) AS char(1)), NULL::varchar, ltrim(dbl.ebcdic(e.data, 571, 10), '*'),
         dbl.address(e.data, 581, 1), CAST(nullif(dbl.ebcdic(e.data, 16, 5), '') AS integer), dbl.number(e.data, 41, 4),
         dbl.ebcdic(e.data, 673, 32), dbl.ebcdic(e.data, 705, 255), NULL::varchar, dbl.ebcdic(e.data, 960, 10),
         dbl.ebcdic(e.data, 970, 100), NULL::varchar, NULL::integer, NULL::varchar, dbl.ebcdic(e.data, 45, 10),
         CASE WHEN dbl.number(e.data, 55, 2) > 0 THEN substring(e.data FROM 60 FOR dbl.number(e.data, 55, 2)) END
    FROM dbl.range('QSYS', 'QAUDJRN', start_library, start_name, start_sequence, end_library, end_name, end_sequence) AS g
    JOIN dbl.receivers r ON r.ord = g.receiver
    CROSS JOIN LATERAL (SELECT * FROM dbl.entries AS one
                         WHERE one.receiver = g.receiver AND one.sequence >= g.lowest AND one.sequence <= g.highest
                         ORDER BY one.receiver, one.sequence) AS e
   WHERE e.code = 'T' AND e.type = 'SK' AND (start_time IS NULL OR e.at >= start_time) AND (end_time IS NULL OR e.at <= end_time)
$$;

-- `kind` is complete, empty-remote-ends, without-remote-ends (the columns are not there) or absent
CREATE FUNCTION dbl.offer_audit_journal_sk(kind text) RETURNS void LANGUAGE plpgsql AS $offer$
DECLARE
  columns text; filled boolean := kind <> 'empty-remote-ends';
BEGIN
  DROP FUNCTION IF EXISTS systools.audit_journal_sk;
  DROP TYPE IF EXISTS dbl.offered_row;
  IF kind = 'absent' THEN
    RETURN;
  END IF;
  SELECT string_agg(attname, ', ' ORDER BY attnum) INTO columns FROM pg_attribute
   WHERE attrelid = CAST('dbl.audit_sk_row' AS regclass)
     AND NOT (kind = 'without-remote-ends' AND attname IN ('remote_address', 'remote_port'));
  EXECUTE (SELECT format('CREATE TYPE dbl.offered_row AS (%s)',
                         string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum))
             FROM pg_attribute WHERE attrelid = CAST('dbl.audit_sk_row' AS regclass)
              AND attname = ANY (string_to_array(columns, ', ')));
  EXECUTE format($$
    CREATE FUNCTION systools.audit_journal_sk(
      starting_receiver_name varchar DEFAULT '*CURAVLCHN', ending_receiver_name varchar DEFAULT '*CURRENT',
      starting_timestamp timestamp DEFAULT CAST(dbl.local_timestamp() AS date) - 1, ending_timestamp timestamp DEFAULT NULL,
      user_name varchar DEFAULT NULL, job varchar DEFAULT NULL, program varchar DEFAULT NULL,
      starting_sequence decimal DEFAULT NULL, ending_sequence decimal DEFAULT NULL,
      starting_receiver_library varchar DEFAULT '*LIBL', ending_receiver_library varchar DEFAULT '*LIBL')
    RETURNS SETOF dbl.offered_row LANGUAGE sql STABLE AS
      $body$ SELECT %s FROM dbl.audit_sk($10, $1, $3, $8, $11, $2, $4, $9, %L::boolean) AS a
        WHERE ($5 IS NULL OR a.user_name = $5) AND ($6 IS NULL OR a.job_name = $6) AND ($7 IS NULL OR a.program_name = $7) $body$
    $$, columns, filled);
  GRANT EXECUTE ON FUNCTION systools.audit_journal_sk TO PUBLIC;
END $offer$;

SELECT dbl.offer_audit_journal_sk('complete');

CREATE VIEW qsys2.sysroutines AS
  SELECT CAST(upper(n.nspname) AS varchar(128)) AS routine_schema, CAST(upper(p.proname) AS varchar(128)) AS routine_name,
         CAST(CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END AS varchar(9)) AS routine_type
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ('qsys2', 'systools');

GRANT USAGE ON SCHEMA systools TO PUBLIC;
GRANT SELECT ON qsys2.sysroutines TO PUBLIC;
