-- Deliveries whose content is a file: what is sent is read when it is sent, and `body` is empty.
ALTER TABLE deliveries ADD COLUMN upload_method TEXT CHECK (upload_method IN ('PUT', 'POST'));
ALTER TABLE deliveries ADD COLUMN upload_path TEXT;
