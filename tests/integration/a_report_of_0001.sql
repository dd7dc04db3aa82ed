INSERT INTO blobs (sha256, size, content) VALUES ('aa', 2, '{}');
INSERT INTO uploads (id, filename, sha256, received_at) VALUES (1000, 'plan.xlsx', 'aa', '2024-10-07 12:00:00');
INSERT INTO reports (id, upload_id, year, quarter, version, edition, reading_sha256, findings, created_at) VALUES ('old', 1000, 2024, 3, '2.0', 1, 'aa', '[]', '2024-10-07 12:00:00');
INSERT INTO jobs (id, report_id, kind, filename, state, attempts, due_at) VALUES ('old.word', 'old', 'word', 'informe.docx', 'queued', 0, '2024-10-07 12:00:00');
INSERT INTO idempotency_keys (key, request_sha256, report_id, created_at) VALUES ('a-key', 'bb', 'old', '2024-10-07 12:00:00')
