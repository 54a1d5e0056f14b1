-- QSYS2.QCMDEXC with the commands CPYAUDJRNE and CHGJOB, and the model outfile QASYSKJ5 in the catalogue.

-- Names after SKLPRT, SKRADR and SKTSTP are guesses: a reader must go by position. BIT is CHAR FOR BIT DATA.
CREATE TABLE dbl.model_columns (
  ordinal integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name varchar(10) NOT NULL,
  kind varchar(8) NOT NULL,
  storage integer NOT NULL);

INSERT INTO dbl.model_columns (name, kind, storage) VALUES
  ('SKENTL','NUMERIC',5), ('SKSEQN','CHAR',20), ('SKCODE','CHAR',1), ('SKENTT','CHAR',2), ('SKTSTP','TIMESTMP',10),
  ('SKJOB','CHAR',10), ('SKUSER','CHAR',10), ('SKNBR','NUMERIC',6), ('SKPGM','CHAR',10), ('SKPGMLIB','CHAR',10),
  ('SKPGMDEV','CHAR',10), ('SKPGMASP','NUMERIC',5), ('SKOBJ','CHAR',10), ('SKLIB','CHAR',10), ('SKMBR','CHAR',10),
  ('SKCTRR','CHAR',20), ('SKFLAG','CHAR',1), ('SKCCID','CHAR',20), ('SKUSPF','CHAR',10), ('SKSYNM','CHAR',8),
  ('SKJID','CHAR',10), ('SKRCST','CHAR',1), ('SKTGR','CHAR',1), ('SKINCDAT','CHAR',1), ('SKIGNAPY','CHAR',1),
  ('SKMINESD','CHAR',1), ('SKOBJIND','CHAR',1), ('SKSYSSEQ','CHAR',20), ('SKRCV','CHAR',10), ('SKRCVLIB','CHAR',10),
  ('SKRCVDEV','CHAR',10), ('SKRCVASP','NUMERIC',5), ('SKARM','NUMERIC',5), ('SKTHD','CHAR',8), ('SKTHDX','CHAR',16),
  ('SKADF','CHAR',1), ('SKRPORT','NUMERIC',5), ('SKRADRH','CHAR',46), ('SKLUW','CHAR',39), ('SKXID','CHAR',140),
  ('SKOBJTYP','CHAR',7), ('SKFILTYP','CHAR',1), ('SKCMTLVL','NUMERIC',7), ('SKRES1','CHAR',5), ('SKNVI','CHAR',50),
  ('SKESDL','INTEGER',4), ('SKTYPE','CHAR',1), ('SKLADR','CHAR',15), ('SKLPRT','CHAR',5), ('SKRADR','CHAR',15),
  ('SKRPRT','CHAR',5), ('SKSCKD','INTEGER',4), ('SKFDSC','CHAR',10), ('SKFDTL','SMALLINT',2), ('SKFDTA','BIT',514),
  ('SKADRF','CHAR',10), ('SKLADRL','CHAR',46), ('SKRADRL','CHAR',46), ('SKMACA','CHAR',32), ('SKHOST','CHAR',255),
  ('SKSECV','CHAR',10), ('SKSECP','CHAR',100);

CREATE VIEW qsys2.syscolumns AS
  SELECT CAST(name AS varchar(128)) AS column_name, CAST('QASYSKJ5' AS varchar(128)) AS table_name,
         CAST('QSYS' AS varchar(128)) AS table_schema, ordinal AS ordinal_position,
         CAST(CASE kind WHEN 'BIT' THEN 'CHAR' ELSE kind END AS varchar(8)) AS data_type, storage AS length, storage
    FROM dbl.model_columns;

CREATE FUNCTION dbl.outfile_type(kind text, size integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE kind WHEN 'BIT' THEN 'bytea' WHEN 'TIMESTMP' THEN 'timestamp(6)' WHEN 'NUMERIC' THEN format('decimal(%s,0)', size)
                   WHEN 'INTEGER' THEN 'integer' WHEN 'SMALLINT' THEN 'smallint' ELSE format('char(%s)', size) END $$;

-- a date and a time as a command takes them: six digits in the job's date format, to the second
CREATE FUNCTION dbl.command_time(given text, otherwise timestamp) RETURNS timestamp LANGUAGE plpgsql STABLE AS $$
DECLARE
  part text[] := regexp_match(given, '^''?(\d{2})(\d{2})(\d{2})''?\s+''?(\d{2})(\d{2})(\d{2})''?$');
  place text := CASE coalesce(nullif(current_setting('dbl.datfmt', true), ''), '*MDY')
                WHEN '*YMD' THEN '123' WHEN '*DMY' THEN '321' ELSE '312' END;
  digits integer;
BEGIN
  IF given IS NULL OR given IN ('*FIRST', '*LAST') THEN
    RETURN otherwise;
  END IF;
  digits := CAST(part[CAST(substr(place, 1, 1) AS integer)] AS integer);
  RETURN make_timestamp(CASE WHEN digits < 40 THEN 2000 ELSE 1900 END + digits,
    CAST(part[CAST(substr(place, 2, 1) AS integer)] AS integer), CAST(part[CAST(substr(place, 3, 1) AS integer)] AS integer),
    CAST(part[4] AS integer), CAST(part[5] AS integer), CAST(part[6] AS double precision));
EXCEPTION WHEN datetime_field_overflow OR null_value_not_allowed THEN
  PERFORM dbl.fail('CPF0006', 'Errors occurred in command.');
END $$;

CREATE FUNCTION dbl.copy_audit_journal(command text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  keywords jsonb := (SELECT jsonb_object_agg(pair[1], pair[2])
                       FROM regexp_matches(command, '([A-Z]+)\(([^)]*)\)', 'g') AS pair);
  receivers text[] := regexp_split_to_array(coalesce(keywords ->> 'JRNRCV', '*CURRENT'), '\s+');
  opening text[] := regexp_split_to_array(receivers[1], '/');
  closing text[] := regexp_split_to_array(receivers[array_length(receivers, 1)], '/');
  since timestamp := dbl.command_time(keywords ->> 'FROMTIME', '-infinity');
  until timestamp := dbl.command_time(keywords ->> 'TOTIME', 'infinity');
  found bigint;
BEGIN
  IF keywords - ARRAY['ENTTYP', 'OUTFILE', 'OUTMBR', 'JRNRCV', 'FROMTIME', 'TOTIME', 'USRPRF'] <> '{}'
     OR keywords ->> 'ENTTYP' <> 'SK' OR keywords ->> 'OUTFILE' <> 'QTEMP/QAUDIT' THEN
    PERFORM dbl.fail('CPF0006', 'Errors occurred in command.');
  ELSIF NOT (SELECT audit_authority FROM dbl.partition) THEN
    PERFORM dbl.fail('CPF222E', '*AUDIT special authority is required.');
  END IF;
  CREATE TEMP TABLE IF NOT EXISTS wanted (receiver integer);
  TRUNCATE wanted;
  IF array_length(opening, 1) = 2 THEN
    INSERT INTO wanted SELECT receiver FROM dbl.range('QSYS', 'QAUDJRN', opening[1], opening[2], NULL, closing[1], closing[2], NULL);
  ELSE
    INSERT INTO wanted SELECT receiver FROM dbl.range('QSYS', 'QAUDJRN', NULL, opening[1], NULL, NULL, NULL, NULL);
  END IF;
  IF (SELECT count(*) FROM wanted) > 256 THEN
    PERFORM dbl.fail('CPF7053', 'Values for RCVRNG parameter not correct; reason code 4.');
  END IF;
  SELECT count(*) INTO found FROM dbl.entries JOIN wanted USING (receiver)
   WHERE code = 'T' AND type = 'SK' AND at >= since AND at < until + interval '1 second';
  IF found = 0 THEN
    PERFORM dbl.fail('CPF4AA4', 'No entries of the requested types were found.');
  END IF;
  DROP TABLE IF EXISTS pg_temp.qauditsk;
  EXECUTE (SELECT format('CREATE TEMP TABLE qauditsk (%s)',
                         string_agg(format('%I %s', lower(name), dbl.outfile_type(kind, storage)), ', ' ORDER BY ordinal))
             FROM dbl.model_columns);
  INSERT INTO pg_temp.qauditsk
    SELECT 609 + length(e.data), lpad(CAST(e.sequence AS text), 20, '0'), e.code, e.type, e.at,
           coalesce(e.job_name, ''), coalesce(e.job_user, ''), CAST(coalesce(e.job_number, '0') AS decimal),
           coalesce(e.program, ''), coalesce(e.program_library, ''), '*SYSBAS', 1, '', '', '', '', '', '',
           coalesce(e.user_name, ''), dbl.system_name(), '', '', '', '', '', '', '', '', r.name, r.library, '*SYSBAS', 1, 0,
           '', '', '', 0, '', '', '', '', '', 0, '', '', length(e.data),
           dbl.ebcdic(e.data, 0, 1), dbl.ebcdic(e.data, 1, 15), dbl.ebcdic(e.data, 16, 5), dbl.ebcdic(e.data, 21, 15),
           dbl.ebcdic(e.data, 36, 5), dbl.number(e.data, 41, 4), dbl.ebcdic(e.data, 45, 10), dbl.number(e.data, 55, 2),
           substring(e.data FROM 58 FOR 514), dbl.ebcdic(e.data, 571, 10), dbl.ebcdic(e.data, 581, 46),
           dbl.ebcdic(e.data, 627, 46), dbl.ebcdic(e.data, 673, 32), dbl.ebcdic(e.data, 705, 255),
           dbl.ebcdic(e.data, 960, 10), dbl.ebcdic(e.data, 970, 100)
      FROM dbl.entries e JOIN wanted w ON w.receiver = e.receiver JOIN dbl.receivers r ON r.ord = e.receiver
     WHERE e.code = 'T' AND e.type = 'SK' AND e.at >= since AND e.at < until + interval '1 second';
END $$;

-- what was run, for whoever wants to look; a command that fails leaves no trace
CREATE TABLE dbl.commands (ord integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, command varchar(32702) NOT NULL);

CREATE PROCEDURE qsys2.qcmdexc(command varchar) LANGUAGE plpgsql AS $$
BEGIN
  IF command LIKE 'CPYAUDJRNE %' THEN
    PERFORM dbl.copy_audit_journal(command);
  ELSIF command ~ '^CHGJOB DATFMT\(\*(YMD|MDY|DMY)\)$' THEN
    PERFORM set_config('dbl.datfmt', substring(command FROM '\*...'), false);
  ELSE
    PERFORM dbl.fail('CPF0006', 'Errors occurred in command.');
  END IF;
  INSERT INTO dbl.commands (command) VALUES (command);
END $$;

GRANT INSERT ON dbl.commands TO PUBLIC;
GRANT SELECT ON qsys2.syscolumns, dbl.model_columns TO PUBLIC;
