-- Who may log in, and how queries are planned: along the index, in journal order, so that a page costs what it returns.
CREATE ROLE audrdr LOGIN PASSWORD 'audrdr-password';

ALTER DATABASE postgres SET enable_seqscan = off;
ALTER DATABASE postgres SET enable_bitmapscan = off;
ALTER DATABASE postgres SET enable_hashjoin = off;
ALTER DATABASE postgres SET enable_mergejoin = off;
ALTER DATABASE postgres SET enable_sort = off;
ALTER DATABASE postgres SET jit = off;
