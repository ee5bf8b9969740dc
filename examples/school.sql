-- The school: students, courses, and who takes which. Sent to the master like any client's statements:
--   sqlcast < examples/school.sql
-- One student takes nothing and one course has nobody yet, so that outer joins have something to show.

CREATE DATABASE IF NOT EXISTS school CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
USE school;

CREATE TABLE student (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  name VARCHAR(100) NOT NULL,
  PRIMARY KEY (id),
  KEY student_name (name)
) ENGINE = InnoDB;

CREATE TABLE course (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  name VARCHAR(100) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY course_name (name)
) ENGINE = InnoDB;

CREATE TABLE student_course (
  student_id INT UNSIGNED NOT NULL,
  course_id INT UNSIGNED NOT NULL,
  PRIMARY KEY (student_id, course_id),
  KEY student_course_course (course_id),
  CONSTRAINT student_course_of_student FOREIGN KEY (student_id) REFERENCES student (id) ON DELETE CASCADE,
  CONSTRAINT student_course_of_course FOREIGN KEY (course_id) REFERENCES course (id) ON DELETE CASCADE
) ENGINE = InnoDB;

INSERT INTO student (id, name) VALUES
  (1, 'Amina Yusuf'),
  (2, 'Ana Lucía Peña'),
  (3, 'Björn Þórsson'),
  (4, 'Chinedu Okafor'),
  (5, 'Dmitri Соколов'),
  (6, 'Élodie Bernard'),
  (7, 'Farah حداد'),
  (8, 'Giulia D''Angelo'),
  (9, 'Hana Nováková'),
  (10, 'Ibrahim Özdemir'),
  (11, 'Jonas Müller'),
  (12, 'Kwame Mensah'),
  (13, 'Linh Nguyễn'),
  (14, 'María José Íñiguez'),
  (15, 'Nikos Παπαδόπουλος'),
  (16, 'Oluwaseun Adébáyò'),
  (17, 'Priya शर्मा'),
  (18, 'Rūta Žukauskaitė'),
  (19, 'Sanna Mäkelä'),
  (20, 'Tomasz Wójcik'),
  (21, 'Uriel כהן'),
  (22, 'Wei 王伟'),
  (23, 'Yuki 山田'),
  (24, 'Zoë van der Berg');

INSERT INTO course (id, name) VALUES
  (1, 'Algebra'),
  (2, 'Analysis'),
  (3, 'Biology'),
  (4, 'Chemistry'),
  (5, 'Databases'),
  (6, 'Distributed Systems'),
  (7, 'História da Arte'),
  (8, 'Littérature française'),
  (9, 'Music'),
  (10, 'Физика');

INSERT INTO student_course (student_id, course_id) VALUES
  (1, 8),
  (2, 2), (2, 4), (2, 5), (2, 9),
  (3, 2), (3, 4), (3, 5), (3, 9),
  (4, 4), (4, 6), (4, 9),
  (5, 4), (5, 5),
  (6, 8),
  (7, 5),
  (8, 1), (8, 3),
  (9, 3), (9, 7), (9, 8),
  (10, 2), (10, 7),
  (11, 3), (11, 6), (11, 8),
  (12, 2), (12, 3), (12, 5), (12, 7),
  (13, 1), (13, 7), (13, 9),
  (14, 1), (14, 3), (14, 6), (14, 7), (14, 9),
  (15, 8),
  (16, 1), (16, 2), (16, 7), (16, 9),
  (17, 4), (17, 8),
  (18, 2), (18, 3), (18, 6),
  (19, 1), (19, 2), (19, 5), (19, 7), (19, 8),
  (20, 2), (20, 4), (20, 8),
  (21, 8),
  (22, 6),
  (23, 2), (23, 4);
