-- The catalogue and system views that a journal reader asks.
CREATE SCHEMA sysibm;
CREATE SCHEMA sysibmadm;

CREATE TABLE sysibm.sysdummy1 (ibmreqd char(1));
INSERT INTO sysibm.sysdummy1 VALUES ('Y');

CREATE VIEW qsys2.journal_receiver_info AS
  SELECT library AS journal_receiver_library, name AS journal_receiver_name, CAST('' AS varchar(50)) AS descriptive_text,
         1 AS journal_receiver_asp_number, CAST('*SYSBAS' AS varchar(10)) AS journal_receiver_asp_name,
         CAST('QSYS' AS varchar(10)) AS journal_library, CAST('QAUDJRN' AS varchar(10)) AS journal_name, threshold_kb AS threshold,
         CAST(size_bytes / 1024 AS integer) AS size,
         CAST(CASE WHEN detached_at IS NULL THEN 'ATTACHED' ELSE status END AS varchar(8)) AS status,
         first_sequence AS first_sequence_number, last_sequence AS last_sequence_number,
         CAST(last_sequence - first_sequence + 1 AS decimal(20,0)) AS number_of_journal_entries,
         attached_at AS attach_timestamp, detached_at AS detach_timestamp,
         previous_library AS previous_journal_receiver_library, previous_name AS previous_journal_receiver
    FROM dbl.receivers, dbl.partition WHERE listed AND journal_authority;

CREATE VIEW qsys2.journal_info AS
  SELECT CAST('QAUDJRN' AS varchar(10)) AS journal_name, CAST('QSYS' AS varchar(10)) AS journal_library, 1 AS asp_number,
         CAST(NULL AS varchar(10)) AS journal_aspgrp,
         r.name AS attached_journal_receiver_name, r.library AS attached_journal_receiver_library,
         CAST('QSYSOPR' AS varchar(10)) AS message_queue, CAST('QSYS' AS varchar(10)) AS message_queue_library,
         CAST(CASE WHEN delete_receivers THEN 'YES' ELSE 'NO' END AS varchar(3)) AS delete_receiver_option, 10 AS delete_receiver_delay,
         CAST((SELECT count(*) FROM dbl.receivers) AS integer) AS number_journal_receivers
    FROM dbl.receivers r, dbl.partition WHERE r.detached_at IS NULL AND journal_authority;

-- without *AUDIT special authority the audit values read *NOTAVL and -1
CREATE VIEW qsys2.system_value_info AS
  SELECT name AS system_value_name,
         CASE WHEN hidden AND number IS NOT NULL THEN -1 ELSE number END AS current_numeric_value,
         CASE WHEN hidden AND text IS NOT NULL THEN '*NOTAVL' ELSE text END AS current_character_value
    FROM (SELECT name, number, text, name LIKE 'QAUD%' AND NOT audit_authority AS hidden FROM dbl.system_values, dbl.partition) AS v;

CREATE FUNCTION dbl.audit_value(called text) RETURNS varchar LANGUAGE sql STABLE AS $$
  SELECT text FROM dbl.system_values, dbl.partition WHERE name = called AND audit_authority $$;

CREATE VIEW qsys2.security_info AS
  SELECT dbl.audit_value('QAUDCTL') AS auditing_control, dbl.audit_value('QAUDLVL') AS auditing_level,
         dbl.audit_value('QAUDLVL2') AS auditing_level_extension,
         (SELECT attached_journal_receiver_library FROM qsys2.journal_info) AS audit_journal_receiver_library,
         (SELECT attached_journal_receiver_name FROM qsys2.journal_info) AS audit_journal_receiver;

CREATE VIEW sysibmadm.env_sys_info AS
  SELECT CAST('IBM i' AS varchar(256)) AS os_name, CAST(os_version AS varchar(256)) AS os_version,
         CAST(os_release AS varchar(256)) AS os_release, CAST(system_name AS varchar(255)) AS host_name,
         2 AS total_cpus, 2 AS configured_cpus, CAST(8192 AS bigint) AS configured_memory, CAST(8192 AS bigint) AS total_memory
    FROM dbl.partition;

-- the processor time of a connection's own server, as Linux counts it, in milliseconds
CREATE FUNCTION dbl.own_cpu_time() RETURNS decimal LANGUAGE sql SECURITY DEFINER AS $$
  SELECT (CAST(field[14] AS decimal) + CAST(field[15] AS decimal)) * 10
    FROM regexp_split_to_array(pg_read_file(format('/proc/%s/stat', pg_backend_pid()), 0, 2000), ' ') AS field $$;

-- JOB_NAME_FILTER => '*' means the caller's own job; others are not played
CREATE FUNCTION qsys2.active_job_info(
  reset_statistics varchar DEFAULT 'NO', subsystem_list_filter varchar DEFAULT NULL, job_name_filter varchar DEFAULT NULL,
  current_user_list_filter varchar DEFAULT NULL, detailed_info varchar DEFAULT 'NONE')
RETURNS TABLE (ordinal_position integer, job_name varchar(28), job_type varchar(3), cpu_time decimal(20,0)) LANGUAGE sql AS $$
  SELECT 1, CAST(lpad(CAST(pg_backend_pid() % 1000000 AS text), 6, '0') || '/QUSER/QZDASSINIT' AS varchar(28)),
         CAST('PJ' AS varchar(3)), CAST(dbl.own_cpu_time() AS decimal(20,0))
   WHERE job_name_filter = '*' $$;

GRANT USAGE ON SCHEMA qsys2, dbl, sysibm, sysibmadm TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA qsys2, dbl, sysibm, sysibmadm TO PUBLIC;
