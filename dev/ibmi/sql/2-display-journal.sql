-- QSYS2.DISPLAY_JOURNAL: parameters, columns and errors of the table function.
CREATE SCHEMA qsys2;

-- a composite type, because a name may not be both parameter and column of one PostgreSQL function
CREATE TYPE dbl.journal_row AS (
  entry_timestamp timestamp(6), sequence_number decimal(21,0), journal_code char(1), journal_entry_type char(2),
  count_or_rrn bigint, entry_data bytea, null_value_indicators varchar(8000), object char(30), object_type char(10),
  "current_user" varchar(10), user_name varchar(10), job_name varchar(10), job_user varchar(10), job_number varchar(6),
  thread bigint, program_name varchar(10), program_library varchar(10), program_library_asp_device varchar(10),
  program_library_asp_number integer, commit_cycle decimal(21,0), remote_port integer, remote_address varchar(46),
  system_name varchar(8), system_sequence_number decimal(21,0), receiver_name varchar(10), receiver_library varchar(10),
  receiver_asp_device varchar(10), receiver_asp_number integer, arm_number integer,
  syslog_facility integer, syslog_severity integer, syslog_event varchar(2048));

CREATE FUNCTION dbl.fail(cpf text, message text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT terse_errors FROM dbl.partition) THEN
    PERFORM dbl.refuse('38501', '[SQL0443] Trigger program or external routine detected an error.');
  END IF;
  PERFORM dbl.refuse('38501', format('[SQL0443] Trigger program or external routine detected an error. %s %s', cpf, message));
END $$;

CREATE FUNCTION dbl.find_receiver(in_library text, called text) RETURNS integer LANGUAGE plpgsql STABLE AS $$
DECLARE found integer;
BEGIN
  SELECT ord INTO found FROM dbl.receivers WHERE name = called AND (in_library = '*LIBL' OR library = in_library) ORDER BY ord LIMIT 1;
  IF found IS NULL THEN
    PERFORM dbl.fail('CPF9801', format('Object %s in library %s not found.', called, in_library));
  END IF;
  RETURN found;
END $$;

-- The receivers that a call reads, each with the lowest and highest sequence wanted.
CREATE FUNCTION dbl.range(journal_library text, journal text, start_library text, start_name text, start_sequence decimal,
                          end_library text, end_name text, end_sequence decimal)
RETURNS TABLE (receiver integer, lowest decimal, highest decimal) LANGUAGE plpgsql STABLE ROWS 1 AS $$
DECLARE opening integer; closing integer; attached integer; denied dbl.receivers; reset boolean;
BEGIN
  IF journal_library <> 'QSYS' OR journal <> 'QAUDJRN' THEN
    PERFORM dbl.fail('CPF9801', format('Object %s in library %s not found.', journal, journal_library));
  ELSIF NOT (SELECT journal_authority FROM dbl.partition) THEN
    PERFORM dbl.fail('CPF9802', 'Not authorized to object QAUDJRN in QSYS.');
  END IF;
  SELECT max(ord) INTO attached FROM dbl.receivers;
  closing := attached;
  IF start_name = '*CURRENT' THEN
    opening := attached;
  ELSIF start_name IN ('*CURCHAIN', '*CURAVLCHN', '*CURSEQCHN') THEN
    SELECT min(ord) INTO opening FROM dbl.receivers;
  ELSE
    opening := dbl.find_receiver(start_library, start_name);
  END IF;
  IF end_name IS NOT NULL AND end_name <> '*CURRENT' THEN
    closing := dbl.find_receiver(end_library, end_name);
  END IF;
  IF closing < opening THEN
    PERFORM dbl.fail('CPF7053', 'Values for RCVRNG parameter not correct; reason code 2.');
  END IF;
  IF (SELECT count(*) FROM dbl.receivers WHERE ord BETWEEN opening AND closing) > 2045 THEN
    PERFORM dbl.fail('CPF7053', 'Values for RCVRNG parameter not correct; reason code 4.');
  END IF;
  SELECT * INTO denied FROM dbl.receivers WHERE ord BETWEEN opening AND closing AND NOT authorised ORDER BY ord LIMIT 1;
  IF FOUND THEN
    PERFORM dbl.fail('CPF9802', format('Not authorized to object %s in %s.', denied.name, denied.library));
  END IF;
  SELECT * INTO denied FROM dbl.receivers WHERE ord BETWEEN opening AND closing AND damaged ORDER BY ord LIMIT 1;
  IF FOUND THEN
    PERFORM dbl.fail('CPF708D', format('Journal receiver %s in %s found logically damaged.', denied.name, denied.library));
  END IF;
  IF EXISTS (SELECT FROM dbl.receivers WHERE ord BETWEEN opening AND closing AND freed) THEN
    PERFORM dbl.fail('CPF7053', 'Values for RCVRNG parameter not correct; reason code 3.');
  END IF;
  IF opening = closing AND end_sequence < start_sequence THEN
    PERFORM dbl.fail('CPF7054', 'FROM and TO values not valid; reason code 1.');
  END IF;
  IF start_sequence < (SELECT first_sequence FROM dbl.receivers WHERE ord = opening) THEN
    PERFORM dbl.fail('CPF7054', 'FROM and TO values not valid; reason code 2.');
  END IF;
  IF start_sequence > (SELECT max(last_sequence) FROM dbl.receivers WHERE ord BETWEEN opening AND closing) THEN
    IF (SELECT head_is_an_error FROM dbl.partition) THEN
      PERFORM dbl.fail('CPF7054', 'FROM and TO values not valid; reason code 3.');
    END IF;
    RETURN;
  END IF;
  RETURN QUERY
    SELECT r.ord, CASE WHEN r.ord = opening THEN coalesce(start_sequence, 0) ELSE 0 END,
           CASE WHEN r.ord = closing THEN coalesce(end_sequence, 1e21) ELSE 1e21 END
      FROM dbl.receivers r WHERE r.ord BETWEEN opening AND closing ORDER BY r.ord;
END $$;

-- LANGUAGE sql and STABLE, so that PostgreSQL inlines it and FETCH FIRST stops early. ORDER BY keeps the range with the
-- entries: joined with the rest, PostgreSQL looks for it among all entries of the receiver as long as it has no statistics.
CREATE FUNCTION qsys2.display_journal(
  journal_library varchar, journal_name varchar, starting_receiver_library varchar DEFAULT '*LIBL',
  starting_receiver_name varchar DEFAULT '*CURRENT', starting_timestamp timestamp DEFAULT NULL, starting_sequence decimal DEFAULT NULL,
  journal_codes varchar DEFAULT NULL, journal_entry_types varchar DEFAULT NULL, object_library varchar DEFAULT NULL,
  object_name varchar DEFAULT NULL, object_objtype varchar DEFAULT NULL, object_member varchar DEFAULT NULL,
  "user" varchar DEFAULT NULL, job varchar DEFAULT NULL, program varchar DEFAULT NULL,
  ending_receiver_library varchar DEFAULT '*LIBL', ending_receiver_name varchar DEFAULT '*CURRENT',
  ending_timestamp timestamp DEFAULT NULL, ending_sequence decimal DEFAULT NULL, generate_syslog varchar DEFAULT NULL,
  eof_delay integer DEFAULT NULL, commit_cycle decimal DEFAULT NULL, include_internal varchar DEFAULT 'NO')
RETURNS SETOF dbl.journal_row LANGUAGE sql STABLE AS $$
  SELECT e.at, e.sequence, e.code, e.type, NULL::bigint, e.data, NULL::varchar, NULL::char(30), NULL::char(10),
         e.user_name, e.user_name, e.job_name, e.job_user, e.job_number,
         NULL::bigint, e.program, e.program_library, '*SYSBAS'::varchar,
         1, NULL::decimal, e.remote_port, e.remote_address,
         dbl.system_name(), NULL::decimal, r.name, r.library,
         '*SYSBAS'::varchar, 1, NULL::integer, NULL::integer, NULL::integer, NULL::varchar
    FROM dbl.range($1, $2, $3, $4, $6, $16, $17, $19) AS g
    JOIN dbl.receivers r ON r.ord = g.receiver
    CROSS JOIN LATERAL (SELECT * FROM dbl.entries AS one
                         WHERE one.receiver = g.receiver AND one.sequence >= g.lowest AND one.sequence <= g.highest
                         ORDER BY one.receiver, one.sequence) AS e
   WHERE ($7 IS NULL OR e.code = ANY (regexp_split_to_array($7, '[ ,]+')))
     AND ($8 IS NULL OR e.type = ANY (regexp_split_to_array($8, '[ ,]+')))
     AND ($5 IS NULL OR e.at >= $5) AND ($18 IS NULL OR e.at <= $18)
     AND ($13 IS NULL OR e.user_name = $13) AND ($14 IS NULL OR e.job_name = $14) AND ($15 IS NULL OR e.program = $15)
$$;
