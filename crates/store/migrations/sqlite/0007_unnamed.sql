-- Bytes that lost a name. The sweep looks whether they have another, and takes them away if not: what somebody deletes is gone
-- within seconds, without looking through everything that is left.
CREATE TABLE blob_unnamed (
    digest TEXT PRIMARY KEY NOT NULL           -- SHA-256; its blob may be gone already
);

CREATE TRIGGER value_unnames AFTER DELETE ON value WHEN OLD.blob_digest IS NOT NULL BEGIN
    INSERT INTO blob_unnamed (digest) VALUES (OLD.blob_digest) ON CONFLICT (digest) DO NOTHING;
END;
CREATE TRIGGER image_unnames AFTER DELETE ON image BEGIN
    INSERT INTO blob_unnamed (digest) VALUES (OLD.blob_digest) ON CONFLICT (digest) DO NOTHING;
END;
CREATE TRIGGER upload_unnames AFTER DELETE ON upload WHEN OLD.blob_digest IS NOT NULL BEGIN
    INSERT INTO blob_unnamed (digest) VALUES (OLD.blob_digest) ON CONFLICT (digest) DO NOTHING;
END;
CREATE TRIGGER job_unnames AFTER DELETE ON job WHEN OLD.log_digest IS NOT NULL BEGIN
    INSERT INTO blob_unnamed (digest) VALUES (OLD.log_digest) ON CONFLICT (digest) DO NOTHING;
END;
CREATE TRIGGER job_log_unnames AFTER UPDATE OF log_digest ON job WHEN OLD.log_digest IS NOT NEW.log_digest AND OLD.log_digest IS NOT NULL BEGIN
    INSERT INTO blob_unnamed (digest) VALUES (OLD.log_digest) ON CONFLICT (digest) DO NOTHING;
END;
CREATE TRIGGER algorithm_cases_unnames AFTER DELETE ON algorithm_cases BEGIN
    INSERT INTO blob_unnamed (digest) VALUES (OLD.blob_digest) ON CONFLICT (digest) DO NOTHING;
END;
CREATE TRIGGER algorithm_model_unnames AFTER UPDATE OF blob_digest ON algorithm_model WHEN OLD.blob_digest IS NOT NEW.blob_digest AND OLD.blob_digest IS NOT NULL BEGIN
    INSERT INTO blob_unnamed (digest) VALUES (OLD.blob_digest) ON CONFLICT (digest) DO NOTHING;
END;
CREATE TRIGGER algorithm_logo_unnames AFTER UPDATE OF logo_digest ON algorithm WHEN OLD.logo_digest IS NOT NEW.logo_digest AND OLD.logo_digest IS NOT NULL BEGIN
    INSERT INTO blob_unnamed (digest) VALUES (OLD.logo_digest) ON CONFLICT (digest) DO NOTHING;
END;

-- What nothing names already.
INSERT INTO blob_unnamed (digest)
SELECT digest FROM blob
WHERE NOT EXISTS (SELECT 1 FROM value WHERE value.blob_digest = blob.digest)
  AND NOT EXISTS (SELECT 1 FROM image WHERE image.blob_digest = blob.digest)
  AND NOT EXISTS (SELECT 1 FROM job WHERE job.log_digest = blob.digest)
  AND NOT EXISTS (SELECT 1 FROM upload WHERE upload.blob_digest = blob.digest)
  AND NOT EXISTS (SELECT 1 FROM algorithm_model WHERE algorithm_model.blob_digest = blob.digest)
  AND NOT EXISTS (SELECT 1 FROM algorithm_cases WHERE algorithm_cases.blob_digest = blob.digest)
  AND NOT EXISTS (SELECT 1 FROM algorithm WHERE algorithm.logo_digest = blob.digest);
