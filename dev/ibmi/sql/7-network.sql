-- What a partition says of itself besides its journal: connections, owners, scheduled jobs, levels of PTF groups.
CREATE TABLE dbl.sockets (
  ord integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  protocol varchar(3) NOT NULL,
  local_address varchar(45) NOT NULL,
  local_port integer NOT NULL,
  local_name varchar(14),
  remote_address varchar(45) NOT NULL,
  remote_port integer NOT NULL,
  remote_name varchar(14),
  state varchar(12),
  idle decimal(19,3) NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0);

CREATE TABLE dbl.socket_owners (
  socket integer NOT NULL REFERENCES dbl.sockets ON DELETE CASCADE,
  profile varchar(10) NOT NULL,
  job varchar(28) NOT NULL);

CREATE TABLE dbl.scheduled_jobs (
  entry_number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name varchar(10) NOT NULL,
  at time(0) NOT NULL,
  days varchar(40) NOT NULL,
  frequency varchar(8) NOT NULL,
  next_date date NOT NULL);

CREATE TABLE dbl.ptf_groups (name varchar(60) NOT NULL, level integer NOT NULL, status varchar(20) NOT NULL);

-- `refused`: an error; `silent`: no rows. Which of the two a partition of 7.6 gives is not documented.
CREATE TABLE dbl.network_authority (
  connections varchar(7) NOT NULL,
  job_control boolean NOT NULL,
  ptf_groups boolean NOT NULL);

CREATE FUNCTION dbl.sees_connections() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE granted varchar(7) := (SELECT connections FROM dbl.network_authority);
BEGIN
  IF granted = 'refused' THEN
    PERFORM dbl.refuse('42501', '[SQL0551] Not authorized to object NETSTAT_INFO in QSYS2 type *N.');
  END IF;
  RETURN granted = 'granted';
END $$;

CREATE FUNCTION dbl.sees_ptf_groups() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF NOT (SELECT ptf_groups FROM dbl.network_authority) THEN
    PERFORM dbl.refuse('42501', '[SQL0551] Not authorized to object GROUP_PTF_INFO in QSYS2 type *N.');
  END IF;
  RETURN true;
END $$;

CREATE VIEW qsys2.netstat_info AS
  SELECT CAST(CASE WHEN local_address LIKE '%:%' THEN 'IPV6' ELSE 'IPV4' END AS char(4)) AS connection_type,
         remote_address, remote_port, remote_name AS remote_port_name,
         local_address, local_port, local_name AS local_port_name, protocol, state AS tcp_state, idle AS idle_time,
         CAST((SELECT min(profile) FROM dbl.socket_owners WHERE socket = ord) AS varchar(10)) AS bind_user,
         bytes AS bytes_sent_remotely, bytes AS bytes_received_locally
    FROM dbl.sockets WHERE dbl.sees_connections();

CREATE VIEW qsys2.netstat_job_info AS
  SELECT CAST(CASE WHEN local_address LIKE '%:%' THEN 'IPV6' ELSE 'IPV4' END AS char(4)) AS connection_type,
         remote_address, remote_port, remote_name AS remote_port_name,
         local_address, local_port, local_name AS local_port_name,
         profile AS authorization_name, job AS job_name, CAST('BATCH' AS varchar(11)) AS job_type
    FROM dbl.sockets JOIN dbl.socket_owners ON socket = ord WHERE dbl.sees_connections();

CREATE VIEW qsys2.scheduled_job_info AS
  SELECT entry_number AS scheduled_job_entry_number, name AS scheduled_job_name,
         CASE WHEN job_control THEN CAST(CASE frequency WHEN '*ONCE' THEN 'DATE' ELSE 'DAYS' END AS varchar(15)) END AS scheduled_date_value,
         CASE WHEN job_control AND frequency = '*ONCE' THEN next_date END AS scheduled_date,
         CASE WHEN job_control THEN at END AS scheduled_time, CASE WHEN job_control THEN days END AS scheduled_days,
         CASE WHEN job_control THEN frequency END AS frequency, CASE WHEN job_control THEN next_date END AS next_submission_date
    FROM dbl.scheduled_jobs, dbl.network_authority;

CREATE VIEW qsys2.group_ptf_info AS
  SELECT name AS ptf_group_name, CAST('DB2 FOR IBM I' AS varchar(100)) AS ptf_group_description, level AS ptf_group_level,
         status AS ptf_group_status
    FROM dbl.ptf_groups WHERE dbl.sees_ptf_groups();

-- A release that lacks a service: its view or function is put out of reach.
CREATE TABLE dbl.withdrawn (kind varchar(8) NOT NULL, name varchar(30) NOT NULL);

CREATE FUNCTION dbl.withdraw(service text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE what text := CASE WHEN to_regclass('qsys2.' || lower(service)) IS NULL THEN 'FUNCTION' ELSE 'VIEW' END;
BEGIN
  EXECUTE format('ALTER %s qsys2.%I RENAME TO %I', what, lower(service), lower(service) || '_gone');
  INSERT INTO dbl.withdrawn VALUES (what, lower(service));
END $$;

CREATE FUNCTION dbl.reset_network() RETURNS void LANGUAGE plpgsql AS $$
DECLARE one dbl.withdrawn;
BEGIN
  FOR one IN DELETE FROM dbl.withdrawn RETURNING * LOOP
    EXECUTE format('ALTER %s qsys2.%I RENAME TO %I', one.kind, one.name || '_gone', one.name);
  END LOOP;
  TRUNCATE dbl.sockets, dbl.socket_owners, dbl.scheduled_jobs, dbl.ptf_groups, dbl.network_authority RESTART IDENTITY;
  INSERT INTO dbl.network_authority VALUES ('granted', true, true);
  INSERT INTO dbl.ptf_groups VALUES ('SF99950', 4, 'INSTALLED'), ('SF99950', 5, 'NOT INSTALLED');
END $$;

SELECT dbl.reset_network();
GRANT SELECT ON ALL TABLES IN SCHEMA qsys2, dbl TO PUBLIC;
